/** Clients that speak OAuth: they are given the issuer's address, and find the rest themselves. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionApp } from '../sessions/support/session-app.js';
import { ADAPTERS } from '../support/http.js';
import { AUDIENCE, CLIENT, startIssuer, WEB } from './support/issuer.js';

/** The tests speak plain HTTP. */
const INSECURE = { [oauth.allowInsecureRequests]: true };
const run = promisify(execFile);

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: SessionApp;
  let issuer: URL;
  beforeAll(async () => {
    app = await startIssuer(adapter);
    issuer = new URL(app.url);
  });
  afterAll(() => app.close());

  describe('oauth4webapi', () => {
    const service: oauth.Client = { client_id: CLIENT.id };
    let server: oauth.AuthorizationServer;
    beforeAll(async () => {
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE });
      server = await oauth.processDiscoveryResponse(issuer, found);
    });

    it('finds the metadata of the API, as a challenge names it', async () => {
      const { headers } = await app.get('whoami');
      const [, url] =
        /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
      expect(url).toBe(`${app.url}/.well-known/oauth-protected-resource`);
      const found = await oauth.resourceDiscoveryRequest(issuer, INSECURE);
      const resource = await oauth.processResourceDiscoveryResponse(issuer, found);
      expect(resource.authorization_servers).toEqual([app.url]);
    });

    it('validateJwtAccessToken takes the token, and calls the API with it', async () => {
      const { pair } = await app.newcomer();
      const request = new Request(app.url, {
        headers: { authorization: `Bearer ${pair.accessToken}` },
      });
      const claims = await oauth.validateJwtAccessToken(server, request, AUDIENCE, INSECURE);
      expect(claims).toMatchObject({ client_id: WEB, iss: app.url });
      const url = new URL(`${app.url}/whoami`);
      const answer = await oauth.protectedResourceRequest(
        pair.accessToken,
        'GET',
        url,
        undefined,
        undefined,
        INSECURE,
      );
      expect(answer.status).toBe(200);
    });

    it.each([
      ['HTTP Basic', oauth.ClientSecretBasic(CLIENT.secret)],
      ['the form', oauth.ClientSecretPost(CLIENT.secret)],
    ])('introspects and revokes, with its secret in %s', async (_, credentials) => {
      const { pair } = await app.newcomer();
      const introspected = async () => {
        const answer = await oauth.introspectionRequest(
          server,
          service,
          credentials,
          pair.accessToken,
          INSECURE,
        );
        return oauth.processIntrospectionResponse(server, service, answer);
      };
      expect(await introspected()).toMatchObject({ active: true, client_id: WEB });
      const revoked = await oauth.revocationRequest(
        server,
        service,
        credentials,
        pair.accessToken,
        INSECURE,
      );
      await oauth.processRevocationResponse(revoked);
      expect(await introspected()).toEqual({ active: false });
    });

    it('refreshes, and understands a refusal', async () => {
      const { pair } = await app.newcomer();
      const client: oauth.Client = { client_id: WEB };
      const refreshed = async () =>
        oauth.processRefreshTokenResponse(
          server,
          client,
          await oauth.refreshTokenGrantRequest(
            server,
            client,
            oauth.None(),
            pair.refreshToken,
            INSECURE,
          ),
        );
      const next = await refreshed();
      expect(await app.whoami(next.access_token)).toMatchObject({ status: 200 });
      expect(next.refresh_token).not.toBe(pair.refreshToken);
      await app.sessions.end(pair.sessionId);
      await expect(refreshed()).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
    });
  });

  it('openid-client: discovers, refreshes, introspects and revokes', async () => {
    const { pair } = await app.newcomer();
    const options: openid.DiscoveryRequestOptions = {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    };
    const web = await openid.discovery(issuer, WEB, undefined, openid.None(), options);
    const next = await openid.refreshTokenGrant(web, pair.refreshToken);
    expect(next.expiresIn()).toBeGreaterThan(0);
    const service = await openid.discovery(issuer, CLIENT.id, CLIENT.secret, undefined, options);
    const { access_token, refresh_token = '' } = next;
    expect(await openid.tokenIntrospection(service, access_token)).toMatchObject({ active: true });
    await openid.tokenRevocation(service, refresh_token);
    expect(await openid.tokenIntrospection(service, access_token)).toEqual({ active: false });
    await expect(openid.refreshTokenGrant(web, refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('curl -u id:secret, whose secret has a + and a %', async () => {
    const { pair } = await app.newcomer();
    const curl = async (path: string, ...form: readonly string[]): Promise<unknown> => {
      const data = form.flatMap((each) => ['--data-urlencode', each]);
      const { stdout } = await run('curl', ['-sS', `${app.url}/${path}`, ...data]);
      return JSON.parse(stdout);
    };
    const as = ['-u', `${CLIENT.id}:${CLIENT.secret}`];
    const { stdout } = await run('curl', [
      '-sS',
      ...as,
      `${app.url}/oauth/introspect`,
      '-d',
      `token=${pair.accessToken}`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ active: true, client_id: WEB });
    expect(
      await curl('auth/token', 'grant_type=refresh_token', `refresh_token=${pair.refreshToken}`),
    ).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) });
    expect(await curl('auth/token', 'grant_type=password')).toMatchObject({
      error: 'unsupported_grant_type',
    });
  });
});
