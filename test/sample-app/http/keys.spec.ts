import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/databases.js';
import { startApp } from '../support/running-app.js';
import { partsOf } from '../../support/tokens.js';

const PAIRS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
/** The hash for Node's crypto; Ed25519 hashes by itself. */
const HASHES = { RS256: 'sha256', ES256: 'sha256', EdDSA: null };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each(['RS256', 'ES256', 'EdDSA'] as const)('%s', (algorithm) => {
  it('signs with the key of the file, and publishes its public half alone', async () => {
    const jwk = PAIRS[algorithm].privateKey.export({ format: 'jwk' });
    const file = join(directory, `${algorithm}.json`);
    await writeFile(file, JSON.stringify({ keys: [{ ...jwk, kid: 'first' }] }));
    const database = await createTestDatabase('sqlite');
    const app = await startApp({
      DATABASE_URL: database.url,
      AUTH_ALG: algorithm,
      AUTH_KEYS_FILE: file,
    });
    try {
      const alice = await app.as('alice');
      expect((await alice.get('/me')).status).toBe(200);

      const { body } = await app.nobody.get('/.well-known/jwks.json');
      const [published]: Record<string, string>[] = Object(body['keys']);
      expect(published).toMatchObject({ kid: 'first', alg: algorithm, use: 'sig' });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
        expect(published).not.toHaveProperty(secret);

      const key = createPublicKey({ key: { ...published }, format: 'jwk' });
      const [header, payload, signature = ''] = alice.token?.split('.') ?? [];
      const signed = Buffer.from(`${header}.${payload}`);
      // RFC 7518 §3.4: ECDSA signatures are r and s, side by side.
      const options = { key, dsaEncoding: 'ieee-p1363' as const };
      expect(verify(HASHES[algorithm], signed, options, Buffer.from(signature, 'base64url'))).toBe(
        true,
      );
    } finally {
      await app.close();
      await database.drop();
    }
  });
});

it('the first key of the file signs and all verify: a key is rotated, and its tokens live on', async () => {
  const [older, newer] = [PAIRS.RS256, PAIRS.ES256].map(({ privateKey }, index) => ({
    ...privateKey.export({ format: 'jwk' }),
    kid: `key-${index}`,
  }));
  const file = join(directory, 'rotated.json');
  await writeFile(file, JSON.stringify({ keys: [older] }));
  const database = await createTestDatabase('sqlite');
  const start = (algorithm: string) =>
    startApp({ DATABASE_URL: database.url, AUTH_ALG: algorithm, AUTH_KEYS_FILE: file });
  const first = await start('RS256');
  const alice = await first.as('alice');
  await writeFile(file, JSON.stringify({ keys: [newer, older] }));
  const second = await start('ES256');
  try {
    expect((await second.nobody.holding(alice.token).get('/me')).status).toBe(200);
    const editor = await second.as('editor');
    expect(partsOf(editor.token ?? '').header).toMatchObject({ alg: 'ES256', kid: 'key-1' });
    // The first process has not read the file since: it meets a key that it does not know, and looks.
    expect((await first.nobody.holding(editor.token).get('/me')).status).toBe(200);
    const { body } = await second.nobody.get('/.well-known/jwks.json');
    expect(body['keys']).toMatchObject([{ kid: 'key-1' }, { kid: 'key-0' }]);
  } finally {
    await first.close();
    await second.close();
    await database.drop();
  }
});
