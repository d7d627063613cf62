import { LONGEST_TOLERANCE_MS } from '../decision/time-margins.js';
import { duration, type DurationBounds } from '../validation/duration.js';
import type { Problems } from '../validation/problems.js';
import { Adoption } from './adoption.js';
import { adoptionSettings } from './adoption.settings.js';
import { type CustomClaims, customClaims } from './custom-claims.js';
import type { RenewalOptions, TokenOptions, VerifiedTokenCacheOptions } from './jwt.options.js';
import { keySource, type KeySource } from './keys/key-source.js';
import { isClientId } from './token-format.js';
import { verifiedTokenLimits } from './verified-token-cache.js';

export interface TokenSettings {
  readonly keys: KeySource;
  /** Milliseconds between two reloads of the keys, if they can change. */
  readonly reloadKeysMs: number;
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  readonly lifeSeconds: number;
  readonly longestLifeSeconds: number;
  readonly claims: CustomClaims | undefined;
  readonly toleranceSeconds: number;
  /** `undefined`: tokens issued before this library was installed are refused. */
  readonly adoption?: Adoption | undefined;
  /** Until when those are accepted, in milliseconds since the epoch. */
  readonly adoptsUntilMs?: number | undefined;
  /** Properties of the user entity behind each user's own key; empty: one key for all. */
  readonly deriveKeyFrom: readonly string[];
  readonly renewal: RenewalSettings | undefined;
  /** `undefined`: verified tokens are not cached. */
  readonly verifiedTokens: Required<VerifiedTokenCacheOptions> | undefined;
}

export interface RenewalSettings {
  /** The share of a token's life after which a request renews it. */
  readonly after: number;
  /** Seconds after the sign-in until which a token is renewed. No renewed token outlives it. */
  readonly maxAgeSeconds: number;
  readonly header: string;
}

const SECOND = 1_000;
const TTL: DurationBounds = { min: SECOND, max: 86_400 * SECOND, text: "from '1s' to '24h'" };
const TOLERANCE: DurationBounds = { min: 0, max: LONGEST_TOLERANCE_MS, text: "from 0 to '300s'" };
const MAX_AGE: DurationBounds = {
  min: SECOND,
  max: 400 * 86_400 * SECOND,
  text: "from '1s' to '400d'",
};

/** The options of `jwt` that this room validates. */
export const TOKEN_OPTIONS = {
  secret: true,
  privateKey: true,
  publicKey: true,
  algorithm: true,
  keys: true,
  reloadKeys: true,
  issuer: true,
  audience: true,
  clientId: true,
  accessTokenTtl: true,
  maxTokenTtl: true,
  claims: true,
  clockTolerance: true,
  deriveKeyFrom: true,
  adopt: true,
  verifiedTokenCache: true,
} as const satisfies Record<keyof TokenOptions, true>;

export function tokenSettings(
  problems: Problems,
  jwt: TokenOptions,
  renewal: RenewalOptions | undefined,
): TokenSettings | undefined {
  for (const name of ['issuer', 'audience'] as const) {
    if (typeof jwt[name] !== 'string' || jwt[name].trim() === '') {
      problems.add(`jwt.${name}: give text that is not empty. An empty one would not be checked.`);
    }
  }
  const { clientId = jwt.audience } = jwt;
  // An audience that is wrong itself has its own problem.
  if ((jwt.clientId !== undefined || jwt.audience) && !isClientId(clientId)) {
    problems.add(
      "jwt.clientId: give 1 to 200 ASCII characters that name your application, such as 'web'. Without it, jwt.audience is used.",
    );
  }
  const length = (name: keyof TokenOptions, fallback: number, bounds: DurationBounds) =>
    duration(problems, `jwt.${name}`, jwt[name], fallback, bounds);
  const keys = keySource(problems, jwt);
  const reload = length('reloadKeys', 300 * SECOND, TTL);
  if (jwt.reloadKeys !== undefined && keys?.canChange === false) {
    problems.add(
      'jwt.reloadKeys: the keys are in the options, so they cannot change. Leave it out.',
    );
  }
  const life = length('accessTokenTtl', 900 * SECOND, TTL);
  const longest = length('maxTokenTtl', TTL.max, TTL);
  if (longest < life) {
    problems.add(
      'jwt.maxTokenTtl: it is shorter than jwt.accessTokenTtl, so no token would be accepted. Make it longer.',
    );
  }
  const tolerance = length('clockTolerance', 10 * SECOND, TOLERANCE);
  const deriveKeyFrom = Array.isArray(jwt.deriveKeyFrom) ? jwt.deriveKeyFrom : [];
  if (jwt.deriveKeyFrom !== undefined && deriveKeyFrom.length === 0) {
    problems.add(
      "jwt.deriveKeyFrom: give at least one property of the user entity, such as ['passwordHash'], or leave it out.",
    );
  }
  const adoption = adoptionSettings(problems, jwt, Math.floor(tolerance / SECOND));
  const claims = customClaims(problems, jwt.claims);
  const limits = verifiedTokenLimits(problems, jwt.verifiedTokenCache);
  const renewing = renewal === undefined ? undefined : renewalSettings(problems, renewal, life);
  if (keys === undefined) return undefined;
  return {
    keys,
    reloadKeysMs: reload,
    issuer: jwt.issuer,
    audience: jwt.audience,
    clientId,
    lifeSeconds: Math.floor(life / SECOND),
    longestLifeSeconds: Math.floor(longest / SECOND),
    claims,
    adoption: adoption && new Adoption(adoption),
    adoptsUntilMs: adoption && adoption.until * 1000,
    toleranceSeconds: Math.floor(tolerance / SECOND),
    deriveKeyFrom,
    renewal: renewing,
    // With derived keys the signature is a policy, and is checked against state read for each request.
    verifiedTokens: deriveKeyFrom.length === 0 ? limits : undefined,
  };
}

function renewalSettings(
  problems: Problems,
  renewal: RenewalOptions,
  life: number,
): RenewalSettings {
  problems.unknown<RenewalOptions>('renewal', renewal, { after: true, maxAge: true, header: true });
  const { after = 0.5, header = 'X-Renewed-Token' } = renewal;
  if (typeof after !== 'number' || !(after > 0 && after < 1)) {
    problems.add(
      "renewal.after: give the share of a token's life after which it is renewed, above 0 and below 1.",
    );
  }
  const maxAge = duration(problems, 'renewal.maxAge', renewal.maxAge, 12 * 3_600 * SECOND, MAX_AGE);
  if (maxAge < life) {
    problems.add(
      'renewal.maxAge: it is shorter than jwt.accessTokenTtl, so no token would be renewed. Make it longer.',
    );
  }
  // RFC 9110 §5.1: a field name is a token.
  if (typeof header !== 'string' || !/^[\w!#$%&'*+\-.^`|~]+$/.test(header)) {
    problems.add("renewal.header: give the name of a response header, such as 'X-Renewed-Token'.");
  }
  return { after, maxAgeSeconds: Math.floor(maxAge / SECOND), header };
}
