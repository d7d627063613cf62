/** Secrets that a person may have made up: what is told of them, and how one is meant. */
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { AuthConfigurationError, passphrase } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAuthApp } from '../../support/auth-app.js';
import { knowing, problemsOf, withJwt, withOptions } from '../../support/problems-of.js';

const WORDS = 'obtuse walnut gravel tempo swan ink';

let dataSource: DataSource;
const told: string[] = [];
beforeAll(async () => (dataSource = await knowing()));
afterAll(() => dataSource.destroy());
beforeEach(() => {
  told.length = 0;
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => told.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

describe('a secret that is text', () => {
  it.each([
    ['hex', randomBytes(32).toString('hex')],
    ['hex in capitals', randomBytes(32).toString('hex').toUpperCase()],
    ['base64', randomBytes(32).toString('base64')],
    ['longer base64', randomBytes(64).toString('base64')],
    ['base64url', randomBytes(32).toString('base64url')],
  ])('and %s of 32 bytes is not mentioned', (_, secret) => {
    expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([]);
    expect(told).toEqual([]);
  });

  it.each([
    'THIS IS SUPER SECRET, DO NOT SHARE!',
    'the quick brown fox jumps over the lazy dog',
    'thisisaverylongtextthatlooksasbase64urldoes',
    'THISISAVERYLONGTEXTTHATLOOKSASBASE64URLDOES',
    '4f'.repeat(4) + randomBytes(27).toString('hex'),
    randomBytes(24).toString('base64url'),
    `${WORDS} – жщфб`,
  ])('and could be a passphrase is reported once, without the text: %s', (secret) => {
    for (let boot = 0; boot < 3; boot++) {
      expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([]);
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^jwt\.secret: it looks like a passphrase.*randomBytes\(32\).*passphrase\('…'\)/,
    );
    expect(told[0]).not.toContain(secret);
  });

  it('is reported with its place in a list, and for clients of the OAuth endpoints', () => {
    const keys = [{ secret: randomBytes(32) }, { secret: `${WORDS} of a list` }];
    expect(problemsOf(withJwt({ secret: undefined, keys }), dataSource)).toEqual([]);
    const clients = [{ id: 'gateway', secret: `${WORDS} of a client` }];
    expect(problemsOf(withOptions({ oauth: { clients } }), dataSource)).toEqual([]);
    expect(told).toEqual([
      expect.stringMatching(/^jwt\.keys\[1\]\.secret: it looks like a passphrase/),
      expect.stringMatching(/^oauth\.clients\[0\]\.secret: it looks like a passphrase/),
    ]);
    // A client sends its secret as text, so there is nothing to stretch.
    expect(told[1]).not.toContain("passphrase('…')");
  });
});

describe('passphrase()', () => {
  it('is not reported, and works as a secret of every algorithm', async () => {
    const secret = passphrase(WORDS);
    for (const algorithm of ['HS256', 'HS384', 'HS512'] as const) {
      expect(problemsOf(withJwt({ algorithm, secret }), dataSource)).toEqual([]);
    }
    expect(told).toEqual([]);
    const app = await startAuthApp({ jwt: { secret } });
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    await app.close();
  });

  it('gives the same key in every process, for each Unicode form of the text', () => {
    const key = passphrase(`${WORDS} é`);
    expect(key.equals(passphrase(`${WORDS} é`))).toBe(true);
    expect(key.equals(passphrase(`${WORDS} e\u0301`))).toBe(true);
    expect(key.equals(passphrase(`${WORDS} e`))).toBe(false);
    // Fixed: a process of another version must get it too.
    expect(passphrase(WORDS).export().toString('base64url')).toBe(
      'yNHHfjNJ--fRU5f9QE1U2rH4yh-4l88Uze6ShxW9TW4zenCll4SM21BAgaxxbiysOwMsLmFunr7i_A2fkNCyfg',
    );
  });

  it.each([
    [undefined, /has fewer than 20/],
    ['', /has fewer than 20/],
    ['obtuse walnut gravel', undefined],
    ['obtuse walnut grave', /has fewer than 20/],
    ['a'.repeat(40), /fewer than eight different/],
    ['correct-horse-correct-horse-correct-horse', /repeats itself/],
    ['please changeme before production', /published examples/],
  ])('%s', (text, problem) => {
    if (problem === undefined) expect(passphrase(text).type).toBe('secret');
    else {
      expect(() => passphrase(text)).toThrow(AuthConfigurationError);
      expect(() => passphrase(text)).toThrow(problem);
    }
  });
});
