/** Three real processes on one database and one file of keys, which is rotated under load. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/databases.js';
import { type AppProcess, start } from '../support/process.js';

const RELOAD_MS = 1_000;

const jwk = (kid: string, alg: 'ES256' | 'EdDSA'): JsonWebKey => {
  const { privateKey } =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg };
};
const old = jwk('old', 'ES256');
const next = jwk('next', 'EdDSA');

const published = async ({ nobody }: AppProcess): Promise<string> => {
  const { body } = await nobody.get('/.well-known/jwks.json');
  const keys: readonly JsonWebKey[] = Object(body['keys']);
  return keys.map(({ kid }) => kid).join(' ');
};

describe('a file of keys, rotated under three processes', () => {
  let directory: string;
  let file: string;
  let database: TestDatabase;
  let processes: AppProcess[] = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rotation-'));
    file = join(directory, 'keys.json');
    database = await createTestDatabase('sqlite');
    await writeFile(file, JSON.stringify({ keys: [old] }));
    const env = {
      DATABASE_URL: database.url,
      AUTH_ALG: 'ES256',
      AUTH_KEYS_FILE: file,
      AUTH_KEYS_RELOAD: `${RELOAD_MS}ms`,
    };
    // The first one migrates.
    const first = await start(env);
    processes = [first, ...(await Promise.all([start(env), start(env)]))];
  });
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop('SIGTERM')));
    await database.drop();
    await rm(directory, { recursive: true });
  });

  /** As secret stores do it: nobody reads half a file. */
  const put = async (...keys: readonly JsonWebKey[]) => {
    await writeFile(`${file}.new`, JSON.stringify({ keys }));
    await rename(`${file}.new`, file);
  };
  const everywhere = (kids: string) =>
    expect.poll(() => Promise.all(processes.map(published))).toEqual(processes.map(() => kids));
  const statuses = (token: string | undefined) =>
    Promise.all(
      processes.map(async ({ nobody }) => (await nobody.holding(token).get('/me')).status),
    );

  it('nobody is signed out until the old key is removed, and then everywhere', async () => {
    const before = (await processes[0]?.as('alice'))?.token;
    const answers = new Set<number>();
    const rotated = new AbortController();
    const loading = (async () => {
      while (!rotated.signal.aborted) {
        // One round after the other: the load is to last as long as the rotation does.
        // oxlint-disable-next-line no-await-in-loop
        for (const status of await statuses(before)) answers.add(status);
      }
    })();

    await put(old, next);
    await everywhere('old next');
    await put(next, old);
    await everywhere('next old');
    const after = (await processes[1]?.as('alice'))?.token;
    expect(await statuses(after)).toEqual([200, 200, 200]);
    rotated.abort();
    await loading;
    expect([...answers]).toEqual([200]);

    await put(next);
    await everywhere('next');
    expect(await statuses(before)).toEqual([401, 401, 401]);
    expect(await statuses(after)).toEqual([200, 200, 200]);
  });

  it('with an incomplete file the last good keys stay, and it is logged', async () => {
    const { token } = (await processes[0]?.as('editor')) ?? {};
    await writeFile(file, JSON.stringify({ keys: [next] }).slice(0, 40));
    await expect
      .poll(() => processes.every(({ output }) => /cannot be loaded/.test(said(output))))
      .toBe(true);
    expect(await statuses(token)).toEqual([200, 200, 200]);
    for (const { output } of processes) expect(said(output)).not.toContain(next.d);
    await put(next);
  });

  it('a key that is put first is loaded at its first token, before the interval', async () => {
    const newest = jwk('newest', 'ES256');
    await put(newest, next);
    await everywhere('newest next');
    const signedIn = await Promise.all(processes.map((process) => process.as('editor')));
    for (const { token } of signedIn) expect(await statuses(token)).toEqual([200, 200, 200]);
  });
});

function said({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  return stdout + stderr;
}
