/** An application that issues tokens at a real address, which is its issuer: what clients are pointed at. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { AuthAppOptions } from '../../support/auth-app.js';
import type { AdapterName } from '../../support/http.js';
import { freePort } from '../../support/own-server.js';
import { startSessionApp, type SessionApp } from '../../sessions/support/session-app.js';

/** A secret that the two readings of HTTP Basic take for different texts. */
export const CLIENT = { id: 'billing', secret: `+%41${randomBytes(32).toString('base64')}` };
export const AUDIENCE = 'example-api';
/** The `client_id` of the tokens. */
export const WEB = 'web';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export async function startIssuer(
  adapter: AdapterName,
  given: AuthAppOptions = {},
): Promise<SessionApp> {
  const port = await freePort();
  return startSessionApp({
    ...given,
    adapter,
    port,
    jwt: {
      secret: undefined,
      privateKey,
      issuer: `http://127.0.0.1:${port}`,
      audience: AUDIENCE,
      clientId: WEB,
    },
    auth: { oauth: { clients: [CLIENT] } },
    extras: { metadata: true, jwks: true, routes: {}, globalGuard: true },
  });
}
