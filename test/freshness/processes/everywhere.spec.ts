/** Who is waited for, and how long, by a clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AuthUnavailableException } from 'nestjs-revocable-jwt';
import { everywhere } from '../../../lib/freshness/processes/everywhere.js';
import type { Behind } from '../../../lib/freshness/processes/process-table.js';

const process = (id: string, maxStalenessMs: number, leftForMs?: number): Behind => ({
  id,
  maxStalenessMs,
  leftForMs,
});

describe('everywhere', () => {
  let now: number;
  let behind: Behind[] | Error;
  let givenUp: readonly string[];
  let hints: number;
  /** What happens while it waits. */
  let meanwhile: () => void;
  beforeEach(() => {
    now = 0;
    behind = [];
    givenUp = [];
    hints = 0;
    meanwhile = () => undefined;
  });
  const call = () =>
    everywhere(
      {
        ask: () => (behind instanceof Error ? Promise.reject(behind) : Promise.resolve(7)),
        behind: () => (behind instanceof Error ? Promise.reject(behind) : Promise.resolve(behind)),
        giveUp: (ids) => {
          givenUp = ids;
          return Promise.reject(new Error('cannot be noted'));
        },
      },
      () => hints++,
      {
        now: () => now,
        sleep: (ms) => {
          now += ms;
          meanwhile();
          return Promise.resolve();
        },
      },
    );

  it('resolves at once when every process has answered, and sends them a hint', async () => {
    await call();
    expect([now, hints, givenUp]).toEqual([0, 1, []]);
  });

  it('resolves with the last answer', async () => {
    behind = [process('a', 1_000), process('b', 1_000)];
    meanwhile = () => {
      if (now >= 100 && Array.isArray(behind)) behind = behind.slice(0, now >= 200 ? 0 : 1);
    };
    await call();
    expect(now).toBeGreaterThanOrEqual(200);
    expect(now).toBeLessThan(300);
    expect(givenUp).toEqual([]);
  });

  it('waits for the longest bound of those that do not answer, then gives them up', async () => {
    behind = [process('short', 100), process('long', 1_000)];
    await call();
    expect(now).toBeGreaterThanOrEqual(1_000 * 1.01 + 100);
    expect(now).toBeLessThan(1_200);
    expect(givenUp).toEqual(['short', 'long']);
  });

  it('a long bound for a little longer, for clocks that do not run at the same rate', async () => {
    behind = [process('a', 100_000)];
    await call();
    expect(now).toBeGreaterThanOrEqual(101_000);
  });

  it('a process that was given up long ago is not waited for again', async () => {
    behind = [process('a', 1_000, 3_000)];
    await call();
    expect([now, givenUp]).toEqual([0, []]);
  });

  it('a process that was given up just now is waited for: its clock may have been set', async () => {
    behind = [process('a', 1_000, 2_050)];
    await call();
    expect(now).toBeGreaterThanOrEqual(1_000);
  });

  it('is 503 when the processes cannot be listed', async () => {
    behind = new Error('no database');
    await expect(call()).rejects.toBeInstanceOf(AuthUnavailableException);
    behind = [process('a', 1_000)];
    meanwhile = () => {
      behind = new Error('no database');
    };
    await expect(call()).rejects.toBeInstanceOf(AuthUnavailableException);
  });
});
