/** One token has one spelling: everything else that decodes to it, or almost, is refused. Over sockets, byte for byte. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compact, encoded, withMember } from '../support/tokens.js';
import { sendRaw } from './support/raw-request.js';
import { newSigners } from './support/signers.js';
import { GUARDS, startTarget, type Target } from './support/target.js';

const SIGNERS = newSigners();

/** Parts of a token: header, payload, signature. */
type Parts = [string, string, string];
const split = (token: string): Parts => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The same bytes with a bit set that is left over at the end of a part. */
const respelt = (part: string) =>
  part.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(part.slice(-1)) ^ 1);

/** A text, with a signature under it that holds. */
type Signed = (text: string) => string;

/** Changes to the text of a good token. */
const SPELLINGS: Record<string, (token: string, parts: Parts, signed: Signed) => string> = {
  'padding after the signature': (token) => `${token}=`,
  'two letters of padding': (token) => `${token}==`,
  'padding after the header': (_, [h, p, s]) => `${h}=.${p}.${s}`,
  'padding after each part': (_, parts) => parts.map((part) => `${part}==`).join('.'),
  'padding, escaped': (token) => `${token}%3D`,
  'the alphabet of base64': (_, [h, p], signed) =>
    signed(`${h}.${p}`.replaceAll('-', '+').replaceAll('_', '/')),
  'left-over bits in the signature': (_, [h, p, s]) => `${h}.${p}.${respelt(s)}`,
  'left-over bits in the header, signed': (_, [h, p], signed) => signed(`${respelt(h)}.${p}`),
  'left-over bits in the payload, signed': (_, [h, p], signed) => signed(`${h}.${respelt(p)}`),
  'a single letter over': (token) => `${token}AA`,
  'one letter less': (token) => token.slice(0, -1),
  'letters of the other case': (token) => token.toLowerCase(),
  'a space and a tab before': (token) => ` \t${token}`,
  'a space and a no-break space before': (token) => ` \u00a0${token}`,
  'a space within': (_, [h, p, s]) => `${h}. ${p}.${s}`,
  'a space after': (token) => `${token} x`,
  'a tab before': (token) => `\t${token}`,
  'a no-break space before': (token) => `\u00a0${token}`,
  'quotes around': (token) => `"${token}"`,
  'angle brackets around': (token) => `<${token}>`,
  'a comma after': (token) => `${token},`,
  'itself twice': (token) => `${token},${token}`,
  'the scheme twice': (token) => `Bearer ${token}`,
  'a name before it': (token) => `token=${token}`,
  escaped: (token) => token.replaceAll('.', '%2E'),
  'its bytes in UTF-8, full width': (token) =>
    Buffer.from(token.replace('e', '\uff45')).toString('latin1'),
  'a byte order mark before': (token) => `\u00ef\u00bb\u00bf${token}`,
  'a zero-width space within': (token) => `${token.slice(0, 5)}\u00e2\u0080\u008b${token.slice(5)}`,
  'no part': () => '',
  'one part': (_, [h]) => h,
  'two parts': (_, [h, p]) => `${h}.${p}`,
  'an empty header': (_, [, p, s]) => `.${p}.${s}`,
  'an empty payload, signed': (_, [h], signed) => signed(`${h}.`),
  'an empty signature': (_, [h, p]) => `${h}.${p}.`,
  'dots alone': () => '..',
  'four parts': (token) => `${token}.x`,
  'a dot after': (token) => `${token}.`,
  'a dot before': (token) => `.${token}`,
  'two dots between': (_, [h, p, s]) => `${h}..${p}.${s}`,
  'five parts, as encrypted tokens have': (_, [h, p, s]) => `${h}.${p}.${s}.${p}.${s}`,
  'five parts, signed over four': (_, [h, p, s], signed) => signed(`${h}.${p}.${s}.${p}`),
  'the flattened JSON serialization': (_, [header, payload, signature]) =>
    JSON.stringify({ protected: header, payload, signature }),
  'parts in another order': (_, [h, p, s]) => `${p}.${h}.${s}`,
  'longer than any token of the library': (_, [h], signed) =>
    signed(`${h}.${encoded({ sub: '1', more: 'x'.repeat(6_200) })}`),
};

/** The whole Authorization header, where the scheme is what is wrong. */
const SCHEMES: Record<string, (token: string) => string> = {
  'no scheme': (token) => token,
  'another scheme': (token) => `Basic ${token}`,
  'the scheme of passport-jwt’s examples': (token) => `JWT ${token}`,
  'proof of possession': (token) => `DPoP ${token}`,
  'a colon': (token) => `Bearer: ${token}`,
  'no space': (token) => `Bearer${token}`,
  'a tab': (token) => `Bearer\t${token}`,
  'a letter more': (token) => `Bearers ${token}`,
  'the Turkish i': (token) => `Bearer\u0131 ${token}`,
  'a parameter': (token) => `Bearer token="${token}"`,
};

/** What no HTTP message holds, or none with one meaning. */
const NO_HTTP: Record<string, (token: string) => string[]> = {
  'a line break within': (token) => [
    `Authorization: Bearer ${token.slice(0, 9)}\n${token.slice(9)}`,
  ],
  'a carriage return within': (token) => [`Authorization: Bearer ${token.slice(0, 9)}\r${token}`],
  'a zero byte': (token) => [`Authorization: Bearer ${token}\0`],
  'a space before the colon': (token) => [`Authorization : Bearer ${token}`],
  'a header in two lines': (token) => ['Authorization:', ` Bearer ${token}\0`],
};

// HS256 is verified by jsonwebtoken, which has expressions of its own; Ed25519 by the library alone.
describe.each([
  ['express', 'HS256', 'own'],
  ['fastify', 'HS256', 'own'],
  ['fastify', 'EdDSA', 'own'],
  ['express', 'EdDSA', 'adopted'],
  ['fastify', 'HS256', 'adopted'],
] as const)('on %s, with %s, %s', (adapter, family, kind) => {
  const signer = SIGNERS[family];
  const signed: Signed = (text) => `${text}.${signer.sign(text).toString('base64url')}`;
  let target: Target;
  let token: string;
  beforeAll(async () => {
    target = await startTarget({ signer, adapter, adopted: kind === 'adopted' });
    // One whose text has all that is special in it: both letters that base64 writes differently.
    const claims = withMember(target.claims, 'unknown', '"?>?>?>?>?>"');
    token = compact(target.header, claims, signer.sign);
    for (let more = 0; !/-.*_|_.*-/.test(token.slice(0, token.lastIndexOf('.'))); more++) {
      token = compact(target.header, claims.replace('?>', `${more}?>`), signer.sign);
    }
  });
  afterAll(() => target.close());

  const statuses = async (lines: readonly string[]) => {
    const answers: (number | undefined)[] = [];
    for (const path of Object.values(GUARDS)) {
      const { status, text } = await sendRaw(target.app.url, `/${path}`, lines);
      // Nothing of the token comes back, not even a part.
      expect(text).not.toContain(token.slice(0, 12));
      answers.push(status);
    }
    return answers;
  };

  it('the canonical spelling is accepted, with the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEARER']) {
      expect(await statuses([`Authorization: ${scheme} ${token}`])).toEqual([200, 200]);
      expect(await statuses([`aUTHORIZATION:${scheme} ${token}  `])).toEqual([200, 200]);
      // RFC 9110 §11.4: one or more spaces are not of the token.
      expect(await statuses([`Authorization: ${scheme}   ${token}`])).toEqual([200, 200]);
    }
  });

  it.each(Object.entries(SPELLINGS))('%s: refused', async (_, change) => {
    const other = change(token, split(token), signed);
    expect(other).not.toBe(token);
    expect(await statuses([`Authorization: Bearer ${other}`])).toEqual([401, 401]);
  });

  it.each(Object.entries(SCHEMES))('%s: refused', async (_, write) => {
    expect(await statuses([`Authorization: ${write(token)}`])).toEqual([401, 401]);
  });

  it.each(Object.entries(NO_HTTP))('%s: no request', async (_, lines) => {
    expect(await statuses(lines(token))).toEqual([400, 400]);
  });

  it('a token in a place that is not configured is ignored', async () => {
    const nowhere = [
      `Cookie: access_token=${token}; jwt=${token}; token=${token}`,
      `Proxy-Authorization: Bearer ${token}`,
      `X-Access-Token: ${token}`,
      `Sec-WebSocket-Protocol: ${token}`,
      `Authorization2: Bearer ${token}`,
    ];
    expect(await statuses(nowhere)).toEqual([401, 401]);
    for (const path of Object.values(GUARDS)) {
      const query = `/${path}?access_token=${token}&token=${token}&authorization=Bearer%20${token}`;
      expect((await sendRaw(target.app.url, query, [])).status).toBe(401);
    }
  });

  it('two Authorization headers are no token at all', async () => {
    const good = `Authorization: Bearer ${token}`;
    const bad = 'Authorization: Bearer x.y.z';
    for (const both of [
      [bad, good],
      [good, bad],
      [good, good],
    ]) {
      expect(await statuses(both)).toEqual([401, 401]);
    }
  });
});
