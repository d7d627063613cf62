/** Triggers that go missing are noticed, and what changed meanwhile is never believed. */
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { TriggerWatch } from '../../../lib/freshness/tracked/trigger-watch.js';

describe('TriggerWatch', () => {
  let missing: readonly string[] | Error;
  let looks: number;
  let watch: TriggerWatch;
  let kept: Mock<() => Promise<void>>;
  let warned: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    vi.useFakeTimers();
    warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    missing = [];
    looks = 0;
    kept = vi.fn(() => Promise.resolve());
    watch = new TriggerWatch(async () => {
      looks++;
      if (missing instanceof Error) throw missing;
      return missing;
    }, kept);
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('looks when it starts, and every ten seconds', async () => {
    await watch.start();
    expect([looks, watch.problems]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(looks).toBe(5);
  });

  it('says what is missing, once, and looks every second until it is there', async () => {
    await watch.start();
    missing = ['no trigger on person'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.problems).toEqual(['no trigger on person']);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(looks).toBe(5);
    expect(warned).toHaveBeenCalledTimes(1);
    missing = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watch.problems).toEqual([]);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(looks).toBe(6);
  });

  it('tells of the gap once, and only when it is over', async () => {
    await watch.start();
    expect(watch.takeGap()).toBe(false);
    missing = ['gone'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.takeGap()).toBe(false);
    missing = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect([watch.takeGap(), watch.takeGap()]).toEqual([true, false]);
  });

  it('keeps the gap for processes that start later, before it trusts anything again', async () => {
    await watch.start();
    missing = ['gone'];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kept).not.toHaveBeenCalled();
    kept.mockRejectedValueOnce(new Error('no database'));
    missing = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(watch.problems).toEqual([expect.stringContaining('no database')]);
    expect(watch.takeGap()).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([watch.problems, watch.takeGap()]).toEqual([[], true]);
    expect(kept).toHaveBeenCalledTimes(2);
  });

  it('what cannot be looked at is taken for missing', async () => {
    await watch.start();
    missing = new Error('no database');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.problems).toEqual([expect.stringContaining('no database')]);
    missing = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect([watch.problems, watch.takeGap()]).toEqual([[], true]);
  });

  it('rejects when it cannot look at its start', async () => {
    missing = new Error('no database');
    await expect(watch.start()).rejects.toThrow('no database');
  });

  it('stopped, it looks no more, also when it was just looking', async () => {
    await watch.start();
    watch.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toBe(1);
  });
});
