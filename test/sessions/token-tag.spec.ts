/** A key tells whether a refresh token was made here. It is read once, and again when it may have changed. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeploymentKey } from '../../lib/decision/auth-state.js';
import { deploymentKey } from '../../lib/log/deployment-row.js';
import { TokenTags } from '../../lib/sessions/token-tag.js';
import { newRefreshToken } from '../../lib/sessions/refresh-token.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const tokenBy = (key: string) => newRefreshToken(randomUUID(), deploymentKey(key));
const flood = (tags: TokenTags) =>
  Promise.all(Array.from({ length: 100 }, () => tags.mayBeValid(tokenBy('made up'))));

it('the key is read once for all tokens at once, and no more for tokens with a valid tag', async () => {
  const read = vi.fn(() => Promise.resolve(deploymentKey('key')));
  const tags = new TokenTags(read);
  const all = await Promise.all(Array.from({ length: 100 }, () => tags.mayBeValid(tokenBy('key'))));
  expect(new Set(all)).toEqual(new Set([true]));
  vi.advanceTimersByTime(86_400_000);
  expect(await tags.mayBeValid(tokenBy('key'))).toBe(true);
  expect(read).toHaveBeenCalledTimes(1);
});

it('tokens without a valid tag make it read again, once in a second', async () => {
  const read = vi.fn(() => Promise.resolve(deploymentKey('key')));
  const tags = new TokenTags(read);
  expect(new Set(await flood(tags))).toEqual(new Set([false]));
  await flood(tags);
  expect(read).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  await flood(tags);
  expect(read).toHaveBeenCalledTimes(2);
});

it('a new key is found', async () => {
  let key = 'first';
  const tags = new TokenTags(() => Promise.resolve(deploymentKey(key)));
  expect(await tags.mayBeValid(tokenBy('first'))).toBe(true);
  key = 'second';
  vi.advanceTimersByTime(1_000);
  expect(await tags.mayBeValid(tokenBy('second'))).toBe(true);
  expect(await tags.mayBeValid(tokenBy('first'))).toBe(false);
});

it('without a key every token may be valid, and the next token repeats a failed read', async () => {
  const read = vi.fn<() => Promise<DeploymentKey | undefined>>(() => Promise.resolve(undefined));
  const tags = new TokenTags(read);
  expect(await tags.mayBeValid(tokenBy('key'))).toBe(true);
  vi.advanceTimersByTime(1_000);
  read.mockRejectedValueOnce(new Error('no database'));
  await expect(tags.mayBeValid(tokenBy('key'))).rejects.toThrow('no database');
  read.mockResolvedValueOnce(deploymentKey('key'));
  expect(await tags.mayBeValid(tokenBy('made up'))).toBe(false);
});
