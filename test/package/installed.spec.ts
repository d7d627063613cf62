/**
 * The packed library in fresh applications, with the code of the README and nothing else: it
 * installs, compiles under `strict`, starts, and refuses what was taken away.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Application, Installation, type Packages } from './support/consumer.js';
import { EXISTING_FILES } from './support/existing-application.js';
import { codeBlocks, files } from '../support/code-blocks.js';
import { send } from '../support/http.js';

const INSTALLATIONS: readonly (Packages & { types: readonly ('module' | 'commonjs')[] })[] = [
  { nest: 12, typescript: '~6.0.3', types: ['module', 'commonjs'] },
  // What `nest new` of NestJS 11 gives.
  { nest: 11, typescript: '~5.9.3', types: ['commonjs'] },
];

it('the five lines of the README are in the module that it shows', () => {
  const [five = ''] = codeBlocks('ts', 'five lines');
  const lines = five.trim().split('\n');
  expect(lines).toHaveLength(5);
  const module = files()['src/app.module.ts'] ?? '';
  const shown = module.split('\n').map((line) => line.trim());
  const at = shown.indexOf(lines[0] ?? '');
  expect(shown.slice(at, at + 5)).toEqual(lines.map((line) => line.trim()));
});

describe.each(INSTALLATIONS)('installed beside NestJS $nest', ({ types, ...packages }) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.make(packages);
  });
  afterAll(() => installation?.remove());

  describe.each(types)('in a %s application', (type) => {
    let application: Application;
    let url: string;
    beforeAll(async () => {
      application = await installation.application(type, type, { ...EXISTING_FILES, ...files() });
      url = await application.start({
        AUTH_JWT_SECRET: randomBytes(32).toString('base64url'),
        DATABASE_FILE: 'shop.sqlite',
      });
    });

    const call = async (method: string, path: string, token?: string, json?: unknown) => {
      const { status, body } = await send(url + path, { method, token, json });
      return { status, body };
    };
    const logIn = async (name: string): Promise<string> => {
      const credentials = { email: `${name}@example.com`, password: `${name}-password` };
      const { status, body } = await call('POST', '/login', undefined, credentials);
      expect(status).toBe(200);
      return body.accessToken;
    };

    it('an admin disables alice; her next request is refused, also after she is enabled again', async () => {
      const [alice, root] = [await logIn('alice'), await logIn('root')];
      const before = await call('GET', '/orders', alice);
      expect(before).toEqual({ status: 200, body: { userId: '1', roles: ['user'], orders: [] } });
      expect(await call('GET', '/orders/open', alice)).toMatchObject({ status: 200 });

      expect(await call('POST', '/admin/users/1/disable', root)).toMatchObject({ status: 204 });

      const refused = { status: 401, body: { statusCode: 401, code: 'account_disabled' } };
      expect(await call('GET', '/orders', alice)).toMatchObject(refused);
      expect(await call('GET', '/orders/open', alice)).toMatchObject(refused);

      expect(await call('POST', '/admin/users/1/enable', root)).toMatchObject({ status: 204 });
      expect(await call('GET', '/orders', alice)).toMatchObject({
        status: 401,
        body: { code: 'token_superseded' },
      });
      expect(await call('GET', '/orders', await logIn('alice'))).toMatchObject({ status: 200 });
    });

    it('a token is refused after its logout', async () => {
      const alice = await logIn('alice');
      expect(await call('POST', '/logout', alice)).toMatchObject({ status: 204 });
      expect(await call('GET', '/orders', alice)).toMatchObject({
        status: 401,
        body: { code: 'session_ended' },
      });
    });

    it('routes are closed unless they are declared open, and roles are enforced', async () => {
      expect(await call('GET', '/orders')).toMatchObject({
        status: 401,
        body: { code: 'token_missing' },
      });
      expect(await call('GET', '/orders/catalogue')).toMatchObject({ status: 200 });
      expect(await call('POST', '/admin/users/2/disable', await logIn('alice'))).toMatchObject({
        status: 403,
        body: { code: 'insufficient_role' },
      });
      expect(await call('POST', '/admin/users/99/disable', await logIn('root'))).toMatchObject({
        status: 404,
      });
    });

    it('without a secret it does not start', async () => {
      const start = application.start({ DATABASE_FILE: 'other.sqlite' });
      await expect(start).rejects.toThrow(/jwt\.secret/);
    });
  });
});
