import type { AuthModuleOptions } from '../options/auth.options.js';
import { policySetOf } from '../decision/policy-set.js';
import { declaredStamps } from '../decision/stamps.js';
import { AuthConfigurationError, KeyRingError } from '../errors/auth.errors.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { AuthStateReader } from '../decision/auth-state-reader.js';
import type { Settings } from '../options/settings.js';
import type { KeyMaterial, KeySource } from '../tokens/keys/key-material.js';
import { KeyRefresh } from '../tokens/keys/key-refresh.js';
import { KeyRing } from '../tokens/keys/key-ring.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { VerifiedTokenCache } from '../tokens/verified-token-cache.js';

/** What tokens stand on. */
export interface TokenGrounds {
  readonly realm: string;
  readonly policySet: string;
  readonly ring: KeyRing;
  readonly reader: AuthStateReader;
  readonly events: AuthEvents;
}

/** What makes tokens and verifies them. */
export interface TokenParts {
  readonly policySet: string;
  readonly ring: KeyRing;
  readonly refresh: KeyRefresh;
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
}

/**
 * The ring of keys to start with.
 *
 * @throws AuthConfigurationError keys that cannot be had stop the boot
 */
export async function firstRing(source: KeySource): Promise<KeyRing> {
  return new KeyRing(await firstKeys(source));
}

async function firstKeys(source: KeySource): Promise<readonly KeyMaterial[]> {
  if (source.given !== undefined) return source.given;
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    throw new AuthConfigurationError(error.problems, { cause: error.cause });
  }
}

/** The name of the policies and their columns, which tokens are stamped with. */
export function policySetName(
  { policies, user }: Settings,
  { user: { roles, permissions } }: AuthModuleOptions,
): string {
  return policySetOf(policies, { ...user.columns, roles, permissions });
}

/** Puts together what makes tokens and verifies them. */
export function assembleTokens(
  { tokens: tokenSettings, user, policies, timeoutMs }: Settings,
  { realm, policySet, ring, reader, events }: TokenGrounds,
): TokenParts {
  const refresh = new KeyRefresh(ring, tokenSettings.keys, events, {
    everyMs: tokenSettings.reloadKeysMs,
    patienceMs: timeoutMs,
  });
  const issuer = new TokenIssuer({ ring, settings: tokenSettings, policies, realm, policySet });
  const { verifiedTokens } = tokenSettings;
  const verifier = new TokenVerifier({
    ring,
    refresh,
    rules: { ...tokenSettings, realm, policySet, stamps: declaredStamps(policies) },
    deriveKeyFrom: tokenSettings.deriveKeyFrom,
    reader,
    policies,
    subjects: user.subjects,
    cache: verifiedTokens && new VerifiedTokenCache(verifiedTokens, ring),
  });
  return { policySet, ring, refresh, issuer, verifier };
}
