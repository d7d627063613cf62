/** Random bytes in every position: refused by the guard or by HTTP itself, and never 2xx or 5xx. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compact, withMember } from '../support/tokens.js';
import { always, bytes, jsonWith } from './support/randomness.js';
import { sendRaw } from './support/raw-request.js';
import { beginningOf, describeInPlaces } from './support/places.js';
import { GUARDS } from './support/target.js';

const PATHS = Object.values(GUARDS);
/** Members that somebody looks at, and some that somebody might. */
const NAMES =
  'alg typ kid crit iss aud sub jti sid realm pol iat exp nbf iat_ms auth_time roles permissions uid ver born type adopted __proto__ constructor toString'.split(
    ' ',
  );

const line = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));

describeInPlaces(['own', 'adopted'], (attack) => {
  const { place, signer } = attack;
  const prefix = beginningOf(place);

  /** At both guards: neither let in, nor broken; and nothing of the inside comes out. */
  async function refused(lines: readonly Buffer[], query = ''): Promise<void> {
    for (const path of PATHS) {
      const { status, text } = await sendRaw(attack.target.app.url, `/${path}${query}`, lines);
      expect([400, 401, 404, 431], text).toContain(status);
      expect(text).not.toMatch(/\bat .*\.[jt]s:\d|node_modules|Error:/);
    }
  }

  it('a good token is accepted, so others are refused for their own faults', async () => {
    const good = line(prefix, attack.target.token);
    const { status } = await sendRaw(attack.target.app.url, `/${PATHS[0]}`, [good]);
    expect(status).toBe(200);
  });

  it('bytes in place of the token', () =>
    always(fc.asyncProperty(bytes(), (token) => refused([line(prefix, token)]))));

  it('bytes in place of the header', () =>
    always(
      fc.asyncProperty(bytes(), (value) =>
        refused([line(prefix.slice(0, prefix.indexOf(' ') + 1), value)]),
      ),
    ));

  it('bytes before, within and after a good token', () =>
    always(
      fc.asyncProperty(fc.nat(2_000), fc.nat(8), bytes(8), (where, removed, added) => {
        const token = Buffer.from(attack.target.token);
        const at = where % (token.length + 1);
        const changed = Buffer.concat([
          token.subarray(0, at),
          added,
          token.subarray(at + Math.min(removed, token.length - at)),
        ]);
        // White space around a header's value, and what a cookie has after it, are not of the token.
        const text = changed.toString('latin1').replaceAll(/^[ \t]+|[ \t]+$|^"|"$|;.*$/g, '');
        fc.pre(text !== attack.target.token && !text.includes(attack.target.token));
        return refused([line(prefix, changed)]);
      }),
    ));

  it('bytes in each part of a token', () =>
    always(
      fc.asyncProperty(bytes(60), bytes(200), bytes(40), (...parts) => {
        const token = parts.map((part) => part.toString('base64url')).join('.');
        return refused([line(prefix, token)]);
      }),
    ));

  it('bytes in the query, and a good token there', () =>
    always(
      fc.asyncProperty(bytes(100), async (value) => {
        const written = [...value].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
        await refused([], `?access_token=${attack.target.token}&${written}=${written}&x[]=1`);
        await refused([], `?token=${written.replaceAll('%', '')}`);
      }),
    ));

  it('any JSON for a header, signed with the real key', () =>
    always(
      fc.asyncProperty(jsonWith(NAMES), (header) =>
        refused([line(prefix, compact(header, attack.target.claims, signer.sign))]),
      ),
    ));

  it('any JSON for one member of the header, signed with the real key', () =>
    always(
      fc.asyncProperty(fc.constantFrom('alg', 'typ', 'kid'), jsonWith(NAMES), (name, json) =>
        refused([
          line(
            prefix,
            attack.target.remake({ header: withMember(attack.target.header, name, json) }),
          ),
        ]),
      ),
    ));

  it('any JSON for a payload, signed with the real key', () =>
    always(
      fc.asyncProperty(jsonWith(NAMES), (payload) =>
        refused([line(prefix, compact(attack.target.header, payload, signer.sign))]),
      ),
    ));

  it('any JSON for one claim, signed with the real key: accepted or refused, never a failure', () =>
    always(
      fc.asyncProperty(fc.constantFrom(...NAMES), jsonWith(NAMES), async (name, json) => {
        const token = attack.target.remake({
          claims: withMember(attack.target.claims, name, json),
        });
        for (const path of PATHS) {
          const { status } = await sendRaw(attack.target.app.url, `/${path}`, [
            line(prefix, token),
          ]);
          expect([200, 401, 431]).toContain(status);
        }
      }),
    ));
});
