/** The guide's commands, one after the other in one shell, as somebody who follows it types them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../support/code-blocks.js';
import { createTestDatabase, serviceUrl, type TestDatabase } from '../support/databases.js';
import { freePort } from '../support/own-server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PORTS = ['3001', '3002', '3003'];
const ENVIRONMENTS = {
  postgres: { mark: 'postgres', needs: ['TEST_POSTGRES_URL'] },
  mariadb: { mark: 'mariadb', needs: ['TEST_MYSQL_URL', 'TEST_REDIS_URL'] },
} as const;
/** The one block that is left out: it has been built. */
const STEPS = ['start', 'use', 'disable', 'refused', 'ready'];
/** Who types is slower than the processes. */
const WAIT = `for port in ${PORTS.join(' ')}; do until curl -sf http://127.0.0.1:$port/health/live > /dev/null; do sleep 0.2; done; done`;

describe.each(['postgres', 'mariadb'] as const)('on %s', (kind) => {
  const { mark, needs } = ENVIRONMENTS[kind];
  describe.skipIf(needs.some((variable) => serviceUrl(variable) === undefined))('followed', () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
    });
    afterAll(() => database.drop());

    it('disables alice at one process, and another refuses her', async () => {
      const [said, disabled, refused, ready] = await follow(mark, await substitutes(database));
      expect(said).toMatchObject({ roles: ['user'] });
      expect(disabled).toMatchObject({ email: 'alice@example.com', status: 'disabled' });
      expect(refused).toMatchObject({ statusCode: 401, code: 'account_disabled' });
      expect(Object(ready).details.auth).toMatchObject({
        status: 'up',
        mode: 'tracked',
        isTracking: true,
        maxStalenessMs: 1_000,
      });
    }, 240_000);
  });
});

/** What stands in the guide for what this machine has. */
async function substitutes({ url }: TestDatabase): Promise<ReadonlyMap<string, string>> {
  const ports = await Promise.all(PORTS.map(async (port) => [port, String(await freePort())]));
  return new Map([
    ['postgres://postgres@127.0.0.1:5432/shop', url],
    ['mysql://root@127.0.0.1:3306/shop', url],
    ['redis://127.0.0.1:6379', serviceUrl('TEST_REDIS_URL') ?? ''],
    ...ports.map(([port = '', free = '']): [string, string] => [port, free]),
  ]);
}

/** Runs the blocks, and gives the answers that they print. */
async function follow(
  mark: string,
  given: ReadonlyMap<string, string>,
): Promise<readonly unknown[]> {
  const [environment = '', start = '', ...steps] = [mark, ...STEPS].map((name) => {
    const [block] = codeBlocks('sh', name, 'docs/deployment.md');
    if (block === undefined) throw new Error(`The guide has no block ${name}.`);
    return block;
  });
  let script = ['set -eu', environment, start, WAIT, ...steps.map((step) => `${step}\necho`)].join(
    '\n',
  );
  for (const [text, own] of given) script = script.replaceAll(text, own);
  const { PATH } = process.env;
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `trap 'kill $(jobs -p)' EXIT\n${script}`],
    { cwd: ROOT, env: { PATH } },
  );
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): unknown => JSON.parse(line));
}
