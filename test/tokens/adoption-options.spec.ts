/** Tokens from before the library came: options that must stop the boot. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accountStatus, type AdoptOptions, boundTo, type Policy } from 'nestjs-revocable-jwt';
import { startAuthApp } from '../support/auth-app.js';

const HOUR = 3_600_000;
const secret = randomBytes(32);
const isAccessToken = ({ type }: Readonly<Record<string, unknown>>) => type === undefined;

const adopting = (changes: Partial<AdoptOptions> = {}): AdoptOptions => ({
  until: new Date(Date.now() + HOUR),
  issuer: false,
  audience: false,
  isAccessToken,
  ...changes,
});

describe('nonsense does not start', () => {
  const own: Policy = {
    name: 'own',
    stamps: { own: 'integer' },
    stamp: () => ({ own: 1 }),
    judge: () => undefined,
  };
  it.each<[string, object, RegExp]>([
    ['no date', { until: undefined }, /adopt\.until: give a Date/],
    ['no time', { until: 'soon' }, /adopt\.until/],
    ['a local time', { until: '2026-12-31T00:00:00' }, /adopt\.until/],
    ['a number', { until: 1_800_000_000_000 }, /adopt\.until/],
    ['an invalid date', { until: new Date(NaN) }, /adopt\.until/],
    ['for ever', { until: new Date(Date.now() + 401 * 24 * HOUR) }, /adopt\.until/],
    ['an empty issuer', { issuer: '' }, /adopt\.issuer: give text/],
    ['an audience of true', { audience: true }, /adopt\.audience/],
    ['our own type', { typ: 'application/AT+JWT' }, /adopt\.typ/],
    ['an empty subject', { subject: '' }, /adopt\.subject/],
    ['an empty kid', { kid: '' }, /adopt\.kid/],
    ['nothing to know them by', { isAccessToken: undefined }, /adopt\.isAccessToken/],
    [
      'an audience alone to know them by',
      { audience: 'shop', issuer: 'shop', isAccessToken: undefined },
      /adopt\.isAccessToken/,
    ],
    ['a late answer', { isAccessToken: async () => true }, /isAccessToken must answer at once/],
    ['a text to know them by', { isAccessToken: 'type' }, /adopt\.isAccessToken/],
    ['a policy that is not there', { ignoring: ['boundTo'] }, /adopt\.ignoring/],
    ['a policy without stamps', { ignoring: ['accountStatus'] }, /adopt\.ignoring/],
    ['a stamp of nobody', { stamps: { ver: 0, vre: 1 } }, /adopt\.stamps/],
    ['a stamp of another type', { stamps: { ver: '0' } }, /"ver" is not of the type integer/],
    ['a stamp of nothing', { stamps: { ver: null } }, /"ver" is not of the type integer/],
    ['a version without its stamp', { stamps: {} }, /"tokenVersion" cannot judge/],
    ['a misspelt option', { untill: 1 }, /adopt\.untill: there is no such option/],
  ])('%s', async (_, changes, message) => {
    const adopt = Object.assign(adopting(), changes);
    await expect(startAuthApp({ jwt: { secret, adopt } })).rejects.toThrow(message);
  });

  it('a policy that cannot judge them, and is not named', async () => {
    const jwt = { secret, adopt: adopting() };
    for (const policies of [
      [accountStatus(), boundTo('email')],
      [accountStatus(), own],
    ]) {
      await expect(startAuthApp({ jwt, auth: { policies } })).rejects.toThrow(
        /cannot judge tokens without its stamp/,
      );
    }
  });

  it('keys of each user', async () => {
    const jwt = { secret, adopt: adopting(), deriveKeyFrom: ['passwordHash'] };
    await expect(startAuthApp({ jwt })).rejects.toThrow(/jwt\.adopt: the old tokens/);
  });
});
