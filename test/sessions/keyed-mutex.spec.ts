/** Uses of one session come one at a time, in their order, and not without end. */
import { EventEmitter, once } from 'node:events';
import { expect, it } from 'vitest';
import { KeyedMutex } from '../../lib/sessions/keyed-mutex.js';

it('one at a time, in the order in which they came, even if an earlier one fails', async () => {
  const mutex = new KeyedMutex();
  const happened: string[] = [];
  const all = [0, 1, 2].map((index) =>
    mutex.runExclusive('a', async () => {
      happened.push(`begins ${index}`);
      await Promise.resolve();
      happened.push(`ends ${index}`);
      if (index === 1) throw new Error('failed');
      return index;
    }),
  );
  expect(await Promise.allSettled(all)).toMatchObject([
    { value: 0 },
    { reason: new Error('failed') },
    { value: 2 },
  ]);
  expect(happened).toEqual([0, 1, 2].flatMap((index) => [`begins ${index}`, `ends ${index}`]));
});

it('a hundred may wait; one more is refused, and delays nobody', async () => {
  const mutex = new KeyedMutex();
  const gate = new EventEmitter();
  const opened = once(gate, 'open');
  const all = Array.from({ length: 101 }, () => mutex.runExclusive('a', () => opened));
  await expect(mutex.runExclusive('a', () => opened)).rejects.toThrow('Too many');
  expect(await mutex.runExclusive('b', () => Promise.resolve('of another session'))).toBeDefined();
  gate.emit('open');
  await Promise.all(all);
  expect(await mutex.runExclusive('a', () => Promise.resolve('later'))).toBe('later');
});
