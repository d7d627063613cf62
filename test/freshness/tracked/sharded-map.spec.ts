import { describe, expect, it } from 'vitest';
import { ShardedMap } from '../../../lib/freshness/tracked/sharded-map.js';

const NAMES = ['a', 'b', '', 'user-1', 'é', '\u{1f480}', '0f8fad5b-d9cb-469f-a165-70867728950e'];

describe('ShardedMap', () => {
  it('returns the value that was set last', () => {
    const map = new ShardedMap();
    for (const [index, name] of [...NAMES, ...NAMES].entries()) map.set(name, index + 1);
    expect(NAMES.map((name) => map.get(name))).toEqual(
      NAMES.map((_, index) => NAMES.length + index + 1),
    );
    expect([map.size, map.get('nobody')]).toEqual([NAMES.length, undefined]);
  });

  it('sweeps entries below a value in every shard; one that was set again stays', () => {
    const map = new ShardedMap();
    for (let index = 1; index <= 100; index++) map.set(`name ${index}`, index);
    map.set('name 3', 101);
    expect(map.sweep(51, 1_000)).toBe(49);
    expect([map.size, map.get('name 3'), map.get('name 51')]).toEqual([51, 101, 51]);
    expect([map.get('name 2'), map.get('name 50')]).toEqual([undefined, undefined]);
  });

  it('sweeps no more at a time than its limit', () => {
    const map = new ShardedMap();
    for (let index = 1; index <= 100; index++) map.set(`name ${index}`, index);
    expect([map.sweep(91, 60), map.sweep(91, 60), map.sweep(91, 60)]).toEqual([60, 30, 0]);
    expect(map.size).toBe(10);
  });
});
