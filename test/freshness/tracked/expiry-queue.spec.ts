/** When entries expire, kept for many entries at a time. */
import { describe, expect, it } from 'vitest';
import { ExpiryQueue } from '../../../lib/freshness/tracked/expiry-queue.js';

describe('ExpiryQueue', () => {
  it('no entry expires before its instant; from then on, all up to it have', () => {
    const queue = new ExpiryQueue();
    queue.add(1, 10_000);
    queue.add(2, 20_000);
    expect(queue.expiredBy(9_999)).toBe(0);
    expect(queue.expiredBy(10_000)).toBe(1);
    expect(queue.expiredBy(19_999)).toBe(1);
    expect(queue.expiredBy(20_000)).toBe(2);
  });

  it('instants within a second become the last of them: no entry expires early', () => {
    const queue = new ExpiryQueue();
    queue.add(1, 10_000);
    queue.add(2, 10_999);
    queue.add(3, 10_500);
    expect(queue.expiredBy(10_998)).toBe(0);
    expect(queue.expiredBy(10_999)).toBe(3);
  });

  it('the second counts from the first: a steady stream expires too', () => {
    const queue = new ExpiryQueue();
    for (let version = 1; version <= 100; version++) queue.add(version, 10_000 + version * 100);
    // Those until 10_099, and not all hundred at the instant of the last.
    expect(queue.expiredBy(11_100)).toBe(10);
  });

  it('an entry with a shorter life does not expire before an earlier one', () => {
    const queue = new ExpiryQueue();
    queue.add(1, 90_000);
    queue.add(2, 10_000);
    expect(queue.expiredBy(50_000)).toBe(0);
    expect(queue.expiredBy(90_000)).toBe(2);
  });

  it('an expired entry stays expired, even if the clock goes back', () => {
    const queue = new ExpiryQueue();
    queue.add(1, 10_000);
    expect([queue.expiredBy(10_000), queue.expiredBy(5_000)]).toEqual([1, 1]);
  });
});
