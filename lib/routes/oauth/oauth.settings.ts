import type { OAuthClient } from './clients.js';
import type { Problems } from '../../validation/problems.js';
import { reportPassphrase } from '../../tokens/keys/passphrase.js';
import { weaknessOf } from '../../tokens/keys/weak-secret.js';
import { isClientId } from '../../tokens/token-format.js';

/** The endpoints that revoke (RFC 7009) and introspect (RFC 7662) tokens for other services. */
export interface OAuthOptions {
  /**
   * The services that may do both, with every token of this realm. At least one. A secret that is `undefined`,
   * such as a missing environment variable, stops the start.
   */
  readonly clients: readonly (Omit<OAuthClient, 'secret'> & Partial<OAuthClient>)[];
}

/** Shorter secrets could be found by trial. */
const LEAST_BYTES = 32;

export function oauthClients(
  problems: Problems,
  oauth: OAuthOptions | undefined,
  deniesTokens: boolean,
): readonly OAuthClient[] {
  if (oauth === undefined) return [];
  problems.unknown<OAuthOptions>('oauth', oauth, { clients: true });
  const clients: unknown = oauth.clients;
  if (!Array.isArray(clients) || clients.length === 0) {
    problems.add('oauth.clients: give at least one { id, secret }.');
    return [];
  }
  if (!deniesTokens) {
    problems.add('oauth: only denylist() can refuse a single token. Add it to `policies`.');
  }
  const ids = new Set<unknown>();
  const known: OAuthClient[] = [];
  for (const [index, client] of clients.entries()) {
    const where = `oauth.clients[${index}]`;
    if (!problems.requireGroup(where, client)) continue;
    problems.unknown<OAuthClient>(where, client, { id: true, secret: true });
    const { id, secret } = Object(client);
    if (!isClientId(id)) {
      problems.add(`${where}.id: give a string of 1 to 200 ASCII characters.`);
    } else if (ids.has(id)) problems.add(`${where}.id: two clients have this id. Rename one.`);
    ids.add(id);
    const bytes = typeof secret === 'string' ? Buffer.from(secret) : Buffer.alloc(0);
    const weakness =
      bytes.length < LEAST_BYTES ? `it has fewer than ${LEAST_BYTES} bytes` : weaknessOf(bytes);
    if (weakness !== undefined) {
      problems.add(
        `${where}.secret: ${weakness}. Make one with: node -p "require('crypto').randomBytes(32).toString('base64url')".`,
      );
    } else reportPassphrase(`${where}.secret`, secret);
    known.push({ id: String(id), secret: String(secret) });
  }
  return known;
}
