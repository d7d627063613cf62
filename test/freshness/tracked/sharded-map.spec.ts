import { describe, expect, it } from 'vitest';
import { ShardedMap } from '../../../lib/freshness/tracked/sharded-map.js';

const NAMES = ['a', 'b', '', 'user-1', 'é', '\u{1f480}', '0f8fad5b-d9cb-469f-a165-70867728950e'];

describe('Entries', () => {
  it('gives back what was set last', () => {
    const entries = new ShardedMap();
    for (const [index, name] of [...NAMES, ...NAMES].entries()) entries.set(name, index + 1);
    expect(NAMES.map((name) => entries.get(name))).toEqual(
      NAMES.map((_, index) => NAMES.length + index + 1),
    );
    expect([entries.size, entries.get('nobody')]).toEqual([NAMES.length, undefined]);
  });

  it('sweeps those below a value, wherever they are, and what was set anew stays', () => {
    const entries = new ShardedMap();
    for (let index = 1; index <= 100; index++) entries.set(`name ${index}`, index);
    entries.set('name 3', 101);
    expect(entries.sweep(51, 1_000)).toBe(49);
    expect([entries.size, entries.get('name 3'), entries.get('name 51')]).toEqual([51, 101, 51]);
    expect([entries.get('name 2'), entries.get('name 50')]).toEqual([undefined, undefined]);
  });

  it('sweeps no more at a time than it is told', () => {
    const entries = new ShardedMap();
    for (let index = 1; index <= 100; index++) entries.set(`name ${index}`, index);
    expect([entries.sweep(91, 60), entries.sweep(91, 60), entries.sweep(91, 60)]).toEqual([
      60, 30, 0,
    ]);
    expect(entries.size).toBe(10);
  });
});
