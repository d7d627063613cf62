/** axios with the interceptor that applications write: on a 401 it refreshes once, and asks again. */
import { create, isAxiosError } from 'axios';
import type { TokenPair } from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionApp } from '../sessions/support/session-app.js';
import { ADAPTERS } from '../support/http.js';
import { startIssuer } from './support/issuer.js';

/** What the application keeps: the tokens, and the refresh that is under way. */
function clientOf(baseURL: string, pair: Pick<TokenPair, 'accessToken' | 'refreshToken'>) {
  const client = create({ baseURL });
  // Without the interceptors.
  const plain = create({ baseURL });
  let tokens = pair;
  let refreshing: Promise<void> | undefined;
  const refresh = async () => {
    const { data } = await plain.post<typeof pair>('auth/refresh', {
      refreshToken: tokens.refreshToken,
    });
    tokens = data;
  };
  client.interceptors.request.use((config) => {
    config.headers.set('Authorization', `Bearer ${tokens.accessToken}`);
    return config;
  });
  client.interceptors.response.use(undefined, async (failure: unknown) => {
    if (!isAxiosError(failure) || failure.response?.status !== 401 || !failure.config) {
      throw failure;
    }
    refreshing ??= refresh().finally(() => (refreshing = undefined));
    await refreshing;
    return plain.request({
      ...failure.config,
      headers: { Authorization: `Bearer ${tokens.accessToken}` },
    });
  });
  return client;
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: SessionApp;
  beforeAll(async () => {
    app = await startIssuer(adapter);
  });
  afterAll(() => app.close());

  it('continues with a new pair when its access token is refused, in ten requests at once', async () => {
    const { pair, person } = await app.newcomer();
    const client = clientOf(app.url, pair);
    const before = await client.get('whoami');
    expect(before.data).toMatchObject({ userId: String(person.id) });
    await app.revocation.revokeToken(pair.accessToken);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.get('whoami')));
    for (const { status, data } of answers) {
      expect([status, data.sessionId]).toEqual([200, pair.sessionId]);
    }
    expect(app.events.filter(({ type }) => type === 'refresh_reused')).toEqual([]);
  });

  it('gets the refusal at once when the session is over', async () => {
    const { pair } = await app.newcomer();
    const client = clientOf(app.url, pair);
    await app.sessions.end(pair.sessionId);
    await expect(client.get('whoami')).rejects.toMatchObject({
      response: { status: 401, data: { code: 'session_ended' } },
    });
  });
});
