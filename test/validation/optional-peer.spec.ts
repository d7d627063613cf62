import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { optionalPeer } from '../../lib/validation/optional-peer.js';

const fails = (code: string, message: string) => {
  const error = Object.assign(new Error(message), { code });
  return () => Promise.reject(error);
};

describe('an optional peer', () => {
  it('is what its package exports', async () => {
    expect(await optionalPeer('ioredis', () => import('ioredis'))).toHaveProperty('Redis');
  });

  it('is undefined if the package is not installed', async () => {
    const name: string = '@example/absent';
    expect(await optionalPeer(name, () => import(name))).toBeUndefined();
  });

  it.each([
    [
      'Node',
      fails('ERR_MODULE_NOT_FOUND', "Cannot find package 'ioredis' imported from /app/x.js"),
    ],
    [
      'Yarn',
      fails(
        'MODULE_NOT_FOUND',
        'a tried to access ioredis (a peer dependency) but it is not provided',
      ),
    ],
    ['require() and webpack', fails('MODULE_NOT_FOUND', "Cannot find module 'ioredis'")],
    [
      'Jest, of another realm',
      () =>
        Promise.reject(
          runInNewContext(
            `Object.assign(new Error("Cannot find module 'ioredis' from 'x.js'"), { code: 'MODULE_NOT_FOUND' })`,
          ),
        ),
    ],
  ])('is undefined if %s disables it', async (_, load) => {
    expect(await optionalPeer('ioredis', load)).toBeUndefined();
  });

  it.each([
    [
      'lacks a package of its own',
      fails('MODULE_NOT_FOUND', "Cannot find module 'denque' from '../node_modules/ioredis/a.js'"),
    ],
    [
      'cannot be loaded by this loader',
      fails('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG', 'of ioredis'),
    ],
    ['throws', fails('OTHER', "'ioredis'")],
    ['throws nothing', () => Promise.reject(undefined)],
  ])('that %s is an error', async (_, load) => {
    await expect(optionalPeer('ioredis', load)).rejects.toBe(await load().catch((e: unknown) => e));
  });
});
