import { describe, expect, it } from 'vitest';
import { instantOf } from '../../lib/decision/instant.js';
import { NOON } from './fixtures.js';

describe('instantOf', () => {
  it.each([
    [new Date(NOON), NOON],
    [NOON, NOON],
    [String(NOON), NOON],
    [BigInt(NOON), NOON],
    ['2026-01-15T12:00:00Z', NOON],
    ['2026-01-15T12:00:00.000Z', NOON],
    ['2026-01-15 12:00:00.000+00', NaN],
    ['2026-01-15 12:00:00+00:00', NOON],
    ['2026-01-15T13:00:00+01:00', NOON],
    ['2026-01-15T13:00:00+0100', NOON],
    ['2026-01-15', NOON - 12 * 3_600_000],
    [0, 0],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ])('reads %s', (value, instant) => expect(instantOf(value)).toBe(instant));

  it.each([
    ['an invalid date', new Date(NaN)],
    ['a local time', '2026-01-15T12:00:00'],
    ['a local time as databases write it', '2026-01-15 12:00:00'],
    ['a day that is none', '2026-13-45'],
    ['seconds', NOON / 1000],
    ['seconds as text', String(NOON / 1000)],
    ['words', 'January 15, 2026'],
    ['nothing', ''],
    ['a boolean', true],
    ['an object', {}],
    ['a list', [NOON]],
    ['NULL', null],
    ['a value that was not read', undefined],
  ])('cannot read %s', (_, value) => expect(instantOf(value)).toBe(NaN));
});
