/** What was read is trusted for a bound from the beginning of the read, by two clocks. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Lease } from '../../../lib/freshness/tracked/lease.js';

describe('Lease', () => {
  let monotonic: number;
  let wall: number;
  let lease: Lease;
  beforeEach(() => {
    monotonic = 5_000;
    wall = 1_700_000_000_000;
    lease = new Lease(100, { monotonic: () => monotonic, wall: () => wall });
  });
  const pass = (ms: number) => {
    monotonic += ms;
    wall += ms;
  };

  it('nothing is trusted before the first read', () => {
    expect([lease.isFresh, lease.databaseNow(), lease.ageMs]).toEqual([
      false,
      undefined,
      undefined,
    ]);
  });

  it('runs from the beginning of the read, to the bound and no further', () => {
    const began = lease.now();
    pass(40);
    lease.renew(began, 77_000);
    pass(60);
    expect([lease.isFresh, lease.ageMs]).toEqual([true, 100]);
    pass(1);
    expect(lease.isFresh).toBe(false);
  });

  it('its age is by the clock that nobody can set', () => {
    lease.renew(lease.now(), 77_000);
    monotonic += 30;
    wall += 50;
    expect(lease.ageMs).toBe(30);
  });

  it('a read that took longer than the bound gives no trust', () => {
    const began = lease.now();
    pass(101);
    lease.renew(began, 77_000);
    expect(lease.isFresh).toBe(false);
  });

  it('the time of the database is that of the read, and what has passed since', () => {
    const began = lease.now();
    lease.renew(began, 77_000);
    pass(30.7);
    expect(lease.databaseNow()).toBe(77_030);
  });

  it.each([
    ['the machine slept, and its monotonic clock with it', 0, 101],
    ['the wall clock was set ahead', 1, 3_600_000],
    ['the wall clock was set back', 1, -1],
    ['the wall clock was set back by an hour', 1, -3_600_000],
    ['the monotonic clock went on without the other', 101, 0],
    ['the monotonic clock went back', -1, 1],
  ])('%s: it is over', (_what, byMonotonic, byWall) => {
    lease.renew(lease.now(), 77_000);
    monotonic += byMonotonic;
    wall += byWall;
    expect([lease.isFresh, lease.databaseNow()]).toEqual([false, undefined]);
  });

  it('ended, it begins again with the next read', () => {
    lease.renew(lease.now(), 77_000);
    lease.end();
    expect(lease.isFresh).toBe(false);
    lease.renew(lease.now(), 78_000);
    expect(lease.databaseNow()).toBe(78_000);
  });

  it('uses the clocks of the process if none are given', () => {
    const real = new Lease(60_000);
    const { monotonic: begun, wall: at } = real.now();
    expect(Math.abs(begun - performance.now())).toBeLessThan(60_000);
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
    real.renew(real.now(), 1);
    expect(real.isFresh).toBe(true);
  });
});
