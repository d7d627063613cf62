/** When the keys are loaded anew, and what becomes of those that are in use when that fails. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthEvent } from 'nestjs-revocable-jwt';
import { AuthEvents } from '../../../lib/events/auth-events.js';
import { AuthUnavailableException } from '../../../lib/errors/auth.exceptions.js';
import { KeyRing } from '../../../lib/tokens/keys/key-ring.js';
import type { KeyMaterial } from '../../../lib/tokens/keys/signature.js';
import type { KeySource } from '../../../lib/tokens/keys/key-source.js';
import { KeyRefresh } from '../../../lib/tokens/keys/key-refresh.js';

function key(kid: string): KeyMaterial {
  const secret = createSecretKey(randomBytes(32));
  return { kid, algorithm: 'HS256', sign: secret, verify: secret };
}

/** A vault: what it has, whether it answers, and how often it was asked. */
class Vault implements KeySource {
  readonly given = undefined;
  canChange = true;
  asked = 0;
  answer: () => Promise<readonly KeyMaterial[]>;

  constructor(public keys: readonly KeyMaterial[]) {
    this.answer = async () => this.keys;
  }

  load(): Promise<readonly KeyMaterial[]> {
    this.asked += 1;
    return this.answer();
  }
}

const TIMES = { everyMs: 60_000, timeoutMs: 2_000 };
const old = key('old');
const next = key('next');

describe('keys that are reloaded', () => {
  let vault: Vault;
  let ring: KeyRing;
  let refresh: KeyRefresh;
  let told: AuthEvent[];
  let now: number;
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(() => {
    vi.useFakeTimers();
    vault = new Vault([old]);
    ring = new KeyRing([old]);
    const events = new AuthEvents();
    told = [];
    events.stream.subscribe((event) => told.push(event));
    now = 0;
    refresh = new KeyRefresh({ ring, source: vault, events, ...TIMES, clock: () => now });
  });
  afterEach(() => {
    refresh.stop();
    vi.useRealTimers();
  });

  const fail = () => {
    vault.answer = () => Promise.reject(new Error('the vault is sealed'));
  };
  const kids = () => ring.keys.map(({ kid }) => kid);

  it('an unknown key asks the source once, and not again for ten seconds', async () => {
    vault.keys = [next, old];
    await Promise.all(Array.from({ length: 1_000 }, () => refresh.forUnknownKey()));
    expect(vault.asked).toBe(1);
    expect(kids()).toEqual(['next', 'old']);
    now = 9_999;
    await refresh.forUnknownKey();
    expect(vault.asked).toBe(1);
    now = 10_000;
    await refresh.forUnknownKey();
    expect(vault.asked).toBe(2);
    // Told once: the second time nothing was other than before.
    expect(told).toMatchObject([{ type: 'keys_changed', kids: ['next', 'old'] }]);
  });

  it('keys that the options list are not loaded again', async () => {
    vault.canChange = false;
    refresh.start();
    await refresh.forUnknownKey();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(vault.asked).toBe(0);
  });

  it('they are loaded at the interval, at the latest, and no more after the end', async () => {
    refresh.start();
    vault.keys = [next];
    await vi.advanceTimersByTimeAsync(TIMES.everyMs);
    expect(kids()).toEqual(['next']);
    refresh.stop();
    const { asked } = vault;
    await vi.advanceTimersByTimeAsync(TIMES.everyMs * 3);
    expect(vault.asked).toBe(asked);
  });

  it('a source that hangs is asked once, at any interval', async () => {
    refresh.start();
    const gate = new EventEmitter();
    vault.answer = async () => {
      await once(gate, 'open');
      return [old];
    };
    await vi.advanceTimersByTimeAsync(TIMES.everyMs * 20);
    gate.emit('open');
    // Nor do questions wait in a row for it to come back.
    vault.answer = async () => [old];
    await vi.advanceTimersByTimeAsync(0);
    expect(vault.asked).toBe(1);
  });

  it('if the source fails, the last good keys stay, and the failure is reported once', async () => {
    fail();
    await expect(refresh.reload()).rejects.toThrow('sealed');
    await expect(refresh.reload()).rejects.toThrow('sealed');
    expect(kids()).toEqual(['old']);
    expect(told).toMatchObject([{ type: 'keys_failed' }]);
    vault.answer = async () => [next];
    await refresh.reload();
    fail();
    await expect(refresh.reload()).rejects.toThrow('sealed');
    expect(told.map(({ type }) => type)).toEqual(['keys_failed', 'keys_changed', 'keys_failed']);
    expect(kids()).toEqual(['next']);
  });

  it('while it fails, an unknown key is 503, also between two attempts', async () => {
    fail();
    await expect(refresh.forUnknownKey()).rejects.toBeInstanceOf(AuthUnavailableException);
    await expect(refresh.forUnknownKey()).rejects.toBeInstanceOf(AuthUnavailableException);
    expect(vault.asked).toBe(1);
    now = 10_000;
    vault.answer = async () => [old];
    await expect(refresh.forUnknownKey()).resolves.toBeUndefined();
  });

  it('requests do not wait longer for a source that hangs than for the database', async () => {
    vault.answer = () => new Promise(() => undefined);
    const outcome = expect(refresh.forUnknownKey()).rejects.toBeInstanceOf(
      AuthUnavailableException,
    );
    await vi.advanceTimersByTimeAsync(TIMES.timeoutMs);
    await outcome;
  });

  it('reload() gets keys that were requested after the call', async () => {
    const gate = new EventEmitter();
    vault.answer = async () => {
      await once(gate, 'open');
      return [old];
    };
    const first = refresh.reload();
    await vi.advanceTimersByTimeAsync(0);
    const second = refresh.reload();
    vault.answer = async () => [next];
    gate.emit('open');
    await Promise.all([first, second]);
    expect(vault.asked).toBe(2);
    expect(kids()).toEqual(['next']);
  });
});
