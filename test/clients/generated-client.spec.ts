/** A client that is generated from the OpenAPI document: it compiles, and it works. */
import createClient from 'openapi-fetch';
import openapiTypescript, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../docs/support/compile.js';
import { type RunningApp, startApp } from '../sample-app/support/running-app.js';
import { createTestDatabase } from '../support/databases.js';
import { ADAPTERS } from '../support/http.js';
import { CLIENT } from './support/issuer.js';

/** What somebody writes who has the types and openapi-fetch. Each answer is used by its members. */
const STORY = `
  import type createClient from 'openapi-fetch';
  import type { paths } from './api.js';

  const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const bodySerializer = (form: Record<string, string>) => new URLSearchParams(form);

  export async function story(
    create: typeof createClient, baseUrl: string, authorization: string,
  ): Promise<unknown[]> {
    const api = create<paths>({ baseUrl });
    const email = 'alice@example.com';
    const { data: login } = await api.POST('/auth/login', { body: { email, password: 'alice-password' } });
    const { data: pair } = await api.POST('/auth/refresh', { body: { refreshToken: login!.refreshToken } });
    const { data: granted } = await api.POST('/auth/token', {
      body: { grant_type: 'refresh_token', refresh_token: pair!.refreshToken },
      headers: FORM,
      bodySerializer,
    });
    const token: string = granted!.access_token;
    const headers = { Authorization: 'Bearer ' + token };
    const { data: sessions } = await api.GET('/auth/sessions', { headers });
    const current: boolean = sessions![0]!.current;
    const { data: server } = await api.GET('/.well-known/oauth-authorization-server');
    const endpoint: string | undefined = server!.introspection_endpoint;
    const { data: keys } = await api.GET('/.well-known/jwks.json');
    const client = { headers: { ...FORM, Authorization: authorization }, bodySerializer };
    const { data: before } = await api.POST('/oauth/introspect', { ...client, body: { token } });
    const { response } = await api.POST('/oauth/revoke', { ...client, body: { token }, parseAs: 'text' });
    const { data: after } = await api.POST('/oauth/introspect', { ...client, body: { token } });
    const { error: refused } = await api.POST('/oauth/introspect', { body: { token }, headers: FORM, bodySerializer });
    const { error } = await api.GET('/auth/sessions', { headers });
    return [
      current, endpoint, keys!.keys.length, before!.active, before!.client_id, response.status, after!.active,
      refused!.error, error!.code,
    ];
  }
`;

const problems = (types: string, story: string) =>
  compile('test/clients', { 'api.d.ts': types, 'story.ts': story });

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: RunningApp;
  let types: string;
  const cleanUp: (() => unknown)[] = [];
  beforeAll(async () => {
    const database = await createTestDatabase('sqlite');
    cleanUp.push(() => database.drop());
    app = await startApp({
      DATABASE_URL: database.url,
      HTTP_ADAPTER: adapter,
      AUTH_ISSUER: 'https://example.com',
      AUTH_OAUTH_CLIENT_ID: CLIENT.id,
      AUTH_OAUTH_CLIENT_SECRET: CLIENT.secret,
    });
    cleanUp.push(() => app.close());
    const { text } = await app.nobody.get('/docs-json');
    types = astToString(await openapiTypescript(text));
  });
  afterAll(async () => {
    for (const step of cleanUp.toReversed()) await step();
  });

  it('compiles, and would not with a member that the document does not have', () => {
    expect(problems(types, STORY)).toEqual([]);
    expect(problems(types, STORY.replace('granted!.access_token', 'granted!.accessToken'))).toEqual(
      [expect.stringContaining("Property 'accessToken' does not exist")],
    );
  });

  it('works', async () => {
    const module = ts.ModuleKind.ESNext;
    const target = ts.ScriptTarget.ES2022;
    const code = ts.transpile(STORY, { module, target });
    const { story } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const basic = Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64');
    expect(await story(createClient, app.url, `Basic ${basic}`)).toEqual([
      true,
      'https://example.com/oauth/introspect',
      0,
      true,
      'sample-app',
      200,
      false,
      'invalid_client',
      'token_revoked',
    ]);
  });
});
