import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { parseDuration } from '../../lib/validation/duration.js';
import { knowing, problemsOf, withJwt, withOptions } from '../support/problems-of.js';

describe('a duration', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    ['0s', 0],
    ['250ms', 250],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('%j is %i ms', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each([
    [NaN],
    [Infinity],
    [-Infinity],
    [-1],
    [1e300],
    [Number.MAX_SAFE_INTEGER],
    [''],
    [' '],
    ['15'],
    ['15 m'],
    [' 15m'],
    ['15m '],
    ['15M'],
    ['-15m'],
    ['+15m'],
    ['1e3s'],
    ['.5h'],
    ['1.s'],
    ['15min'],
    ['1h30m'],
    ['0x10s'],
    ['Infinitys'],
    ['NaNs'],
    ['１５m'],
    ['9'.repeat(30) + 's'],
    ['999999999999999d'],
    [null],
    [undefined],
    [true],
    [15n],
    [{}],
    [[]],
    [['15m']],
    [{ valueOf: () => 900_000 }],
    [new Date(900_000)],
    [Symbol('15m')],
    [() => '15m'],
  ])('%s is not one', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

describe('a duration option', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await knowing();
  });
  afterAll(() => dataSource.destroy());

  const circular: { self?: unknown } = {};
  circular.self = circular;

  it.each([
    [NaN],
    [Infinity],
    [-1],
    ['15 m'],
    ['soon'],
    [''],
    [null],
    [15n],
    [circular],
    [Symbol('x')],
  ])('%s is named, with what to give', (value) => {
    for (const [options, name] of [
      [withJwt({ accessTokenTtl: value }), 'jwt.accessTokenTtl'],
      [withJwt({ clockTolerance: value }), 'jwt.clockTolerance'],
      [withOptions({ renewal: { maxAge: value } }), 'renewal.maxAge'],
      [withOptions({ strict: { timeout: value } }), 'strict.timeout'],
    ] as const) {
      const problems = problemsOf(options, dataSource);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(
        new RegExp(
          `^${name.replace('.', '\\.')}: .*Give milliseconds or a text such as '15m', from `,
        ),
      );
    }
  });

  it.each([
    ['jwt.accessTokenTtl', withJwt({ accessTokenTtl: '999ms' })],
    ['jwt.accessTokenTtl', withJwt({ accessTokenTtl: '25h' })],
    ['jwt.clockTolerance', withJwt({ clockTolerance: '301s' })],
    ['renewal.maxAge', withOptions({ renewal: { maxAge: '401d' } })],
    ['strict.timeout', withOptions({ strict: { timeout: 0 } })],
    ['strict.timeout', withOptions({ strict: { timeout: '2m' } })],
  ])('%s has bounds', (name, options) => {
    expect(problemsOf(options, dataSource)).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  it.each([
    withJwt({ accessTokenTtl: '1s' }),
    withJwt({ accessTokenTtl: '24h', clockTolerance: '300s' }),
    withJwt({ clockTolerance: 0 }),
    withOptions({ strict: { timeout: '10ms' } }),
    withOptions({ strict: { timeout: '60s' } }),
    withOptions({ renewal: { maxAge: '400d' } }),
  ])('the bounds themselves are allowed: %#', (options) => {
    expect(problemsOf(options, dataSource)).toEqual([]);
  });
});
