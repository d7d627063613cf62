/** Triggers that go missing are noticed, and what changed meanwhile is never believed. */
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { TriggerWatch } from '../../../lib/freshness/tracked/trigger-watch.js';

describe('TriggerWatch', () => {
  let missing: readonly string[] | Error | Promise<readonly string[]>;
  let made: string;
  let looks: number;
  let watch: TriggerWatch;
  let kept: Mock<() => Promise<void>>;
  let warned: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    vi.useFakeTimers();
    warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    missing = [];
    made = 'once';
    looks = 0;
    kept = vi.fn(() => Promise.resolve());
    watch = new TriggerWatch(async () => {
      looks++;
      if (missing instanceof Error) throw missing;
      return { problems: await missing, made };
    }, kept);
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('checks when it starts, and every ten seconds', async () => {
    await watch.start();
    expect([looks, watch.problems]).toEqual([1, []]);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(looks).toBe(5);
    // A trigger that was there at each look is never reported as missing.
    expect(kept).not.toHaveBeenCalled();
  });

  it('reports what is missing, once, and checks every second until it is there', async () => {
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

  it('reports the gap once, and only when it is over', async () => {
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

  it('a trigger that was created again between two checks is noticed', async () => {
    await watch.start();
    made = 'again';
    await vi.advanceTimersByTimeAsync(10_000);
    expect([watch.problems, watch.takeGap()]).toEqual([[], true]);
    expect(kept).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([watch.takeGap(), kept.mock.calls.length]).toEqual([false, 1]);
  });

  it.each([
    ['the same triggers are there: they have told everything', 'once', false],
    ['others are there', 'again', true],
  ])('what cannot be checked is not trusted, until %s', async (_, then, gap) => {
    await watch.start();
    missing = new Error('no database');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.problems).toEqual([expect.stringContaining('no database')]);
    missing = [];
    made = then;
    await vi.advanceTimersByTimeAsync(1_000);
    expect([watch.problems, watch.takeGap()]).toEqual([[], gap]);
    expect(kept).toHaveBeenCalledTimes(gap ? 1 : 0);
  });

  it('a gap from before a failed check is still reported', async () => {
    await watch.start();
    missing = ['gone'];
    await vi.advanceTimersByTimeAsync(10_000);
    missing = new Error('no database');
    await vi.advanceTimersByTimeAsync(1_000);
    missing = [];
    await vi.advanceTimersByTimeAsync(1_000);
    expect([watch.problems, watch.takeGap()]).toEqual([[], true]);
  });

  it('rejects when it cannot check at its start', async () => {
    missing = new Error('no database');
    await expect(watch.start()).rejects.toThrow('no database');
  });

  it('reports what is missing at its start', async () => {
    missing = ['no trigger on person'];
    await watch.start();
    expect(watch.problems).toEqual(['no trigger on person']);
  });

  it('after stop() it checks no more, even if a check was running', async () => {
    await watch.start();
    const seen: ((problems: readonly string[]) => void)[] = [];
    missing = new Promise((resolve) => void seen.push(resolve));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(2);
    watch.stop();
    seen[0]?.([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toBe(2);
  });

  it('after stop() between two checks it checks no more', async () => {
    await watch.start();
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
