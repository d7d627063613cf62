/**
 * Headers that offer a key, or a place to fetch one from (RFC 8725 §3.10). They are not looked at: a
 * token that has one is refused, also with a good signature, and no connection is made to anywhere.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.js';
import { compact } from '../support/tokens.js';
import { FAMILIES, newSigners, signing } from './support/signers.js';
import { expectAccepted, expectRefused, startTarget, type Target } from './support/target.js';

const SIGNERS = newSigners();

/** Milliseconds in which tokens make the application's own provider be asked once. */
const PAUSE_MS = 10_000;

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: 'attacker', alg: 'RS256' };
const x5c = [certificate(attacker).toString('base64')];

/** The attacker's own web server, with the key that belongs to the signature. It counts who comes. */
let server: Server;
let origin: string;
let connections = 0;
beforeAll(async () => {
  server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = Object(server.address());
  origin = `http://127.0.0.1:${port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
afterEach(() => expect(connections).toBe(0));

const offers: [what: string, header: () => Record<string, unknown>][] = [
  ['jwk', () => ({ jwk })],
  ['jwk with a secret', () => ({ jwk: { kty: 'oct', k: 'AAAA' } })],
  ['jku', () => ({ jku: `${origin}/.well-known/jwks.json` })],
  ['jku of a local file', () => ({ jku: 'file:///etc/passwd' })],
  ['jku that is a list', () => ({ jku: [origin] })],
  ['x5u', () => ({ x5u: `${origin}/certificate.pem` })],
  ['x5c', () => ({ x5c })],
  ['x5t', () => ({ x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' })],
  ['x5t#S256', () => ({ 'x5t#S256': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })],
  ['a kid that is an address', () => ({ kid: `${origin}/key` })],
  ['all of them', () => ({ jwk, jku: origin, x5u: origin, x5c, kid: origin })],
];

describe.each([
  ...FAMILIES.map((family) => [family, 'own', 'fastify'] as const),
  ['RS256', 'adopted', 'express'] as const,
  ['HS256', 'adopted', 'fastify'] as const,
])('with a key of %s, %s, on %s', (family, kind, adapter) => {
  let target: Target;
  let asked = 0;
  let began: number;
  beforeAll(async () => {
    // Keys that can be loaded anew: the one place from which the library ever asks for one.
    const keys = async () => {
      asked++;
      return [{ ...SIGNERS[family].key, kid: 'own' }];
    };
    const adopted = kind === 'adopted';
    target = await startTarget({ signer: SIGNERS[family], adapter, adopted, jwt: { keys } });
    expect(asked).toBe(1);
    began = performance.now();
  });
  afterAll(() => target.close());

  it.each(offers)('%s', async (_, offer) => {
    const { app, header, claims, remake } = target;
    await expectAccepted(app, remake({}));
    const theirs = signing('RS256', attacker.privateKey);
    for (const alg of ['RS256', header['alg']]) {
      await expectRefused(app, compact({ ...header, alg, ...offer() }, claims, theirs));
      await expectRefused(app, compact({ alg, typ: header['typ'], ...offer() }, claims, theirs));
      // An issuer that would answer a library that discovers keys by `iss`.
      const iss = { ...claims, iss: origin };
      await expectRefused(app, compact({ ...header, alg, ...offer() }, iss, theirs));
    }
    // Also where our own key signed it: the library never writes such a header.
    await expectRefused(app, remake({ header: { ...header, ...offer() } }));
    // The ids that are not known made the application's own provider be asked, once after the boot; on a
    // slow machine once for each pause.
    const pauses = Math.ceil((performance.now() - began) / PAUSE_MS);
    expect(asked - 1).toBeLessThanOrEqual(pauses);
  });
});
