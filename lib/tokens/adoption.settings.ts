import { instantOf } from '../decision/instant.js';
import type { Policy } from '../decision/policy.js';
import { declaredStamps, isStamp, isStampType } from '../decision/stamps.js';
import type { Problems } from '../validation/problems.js';
import { isRecord } from '../validation/records.js';
import { isDeclaredAsync } from '../validation/synchronous.js';
import type { AdoptionSettings } from './adoption.js';
import type { AdoptOptions, TokenOptions } from './jwt.options.js';

/** A longer period is no transition. */
const LONGEST_MS = 400 * 86_400_000;
/** The first value of a new version column. */
const STAMPS = { ver: 0 };

/** Validates `jwt.adopt`; `undefined`: tokens issued before this library was installed are refused. */
export function adoptionSettings(
  problems: Problems,
  jwt: TokenOptions,
  toleranceSeconds: number,
): AdoptionSettings | undefined {
  const { adopt } = jwt;
  if (adopt === undefined || !problems.requireGroup('jwt.adopt', adopt)) return undefined;
  problems.unknown<AdoptOptions>('jwt.adopt', adopt, {
    until: true,
    issuer: true,
    audience: true,
    typ: true,
    subject: true,
    kid: true,
    isAccessToken: true,
    stamps: true,
    ignoring: true,
  });
  const until = typeof adopt.until === 'number' ? NaN : instantOf(adopt.until);
  // Written so that NaN is a problem. A past date is not: the application must still start.
  if (!(until > 0 && until <= Date.now() + LONGEST_MS)) {
    problems.add(
      "jwt.adopt.until: give a Date, or text with a zone such as '2027-01-31T00:00:00Z', at most 400 days ahead.",
    );
  }
  const { issuer = jwt.issuer, audience = jwt.audience, typ = 'JWT', subject = 'sub' } = adopt;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (value === false || (typeof value === 'string' && value.trim() !== '')) continue;
    problems.add(`jwt.adopt.${name}: give text that is not empty, or false if they have none.`);
  }
  for (const [name, value] of Object.entries({ typ, subject, kid: adopt.kid ?? 'none' })) {
    if (typeof value === 'string' && value !== '') continue;
    problems.add(`jwt.adopt.${name}: give text that is not empty, or leave it out.`);
  }
  if (typeof typ === 'string' && /^(?:application\/)?at\+jwt$/i.test(typ)) {
    problems.add(
      "jwt.adopt.typ: this library's own tokens have it. Give the typ of the other tokens.",
    );
  }
  // The same key often signed other tokens: to refresh, to confirm an address, to reset a password. Issuer
  // and audience are often the same in all of them.
  if (typeof adopt.isAccessToken !== 'function') {
    problems.add(
      'jwt.adopt.isAccessToken: give a function that tells access tokens from other tokens of the same key, such as (payload) => payload.type === "access", or () => true if there were no others.',
    );
  } else if (isDeclaredAsync(adopt.isAccessToken)) {
    problems.add('jwt.adopt.isAccessToken must answer at once, and so cannot be async.');
  }
  if (jwt.deriveKeyFrom !== undefined) {
    problems.add(
      'jwt.adopt: the old tokens were not signed with a key per user. Leave jwt.deriveKeyFrom out until they are refused.',
    );
  }
  return {
    until: Math.floor(until / 1000),
    toleranceSeconds,
    issuer: issuer === false ? undefined : issuer,
    audience: audience === false ? undefined : audience,
    typ,
    subject,
    kid: adopt.kid,
    stamps: { ...(adopt.stamps ?? STAMPS) },
    isAccessToken: adopt.isAccessToken,
  };
}

/**
 * The policies, changed so that those in `jwt.adopt.ignoring` accept adopted tokens.
 *
 * Every other policy must be able to judge a token that this library did not stamp. Otherwise a technique would have
 * no effect, and nobody would notice.
 */
export function adoptingPolicies(
  problems: Problems,
  adopt: AdoptOptions | undefined,
  policies: readonly Policy[],
): readonly Policy[] {
  // A value that is not an object was reported.
  if (adopt === undefined || !isRecord(adopt)) return policies;
  const ignoring: readonly unknown[] = Array.isArray(adopt.ignoring) ? adopt.ignoring : [];
  const given = new Set(Object.keys(Object(adopt.stamps ?? STAMPS)));
  const judges = ({ judgeAdopted, stamps = {} }: Policy) =>
    judgeAdopted !== undefined || Object.keys(stamps).every((stamp) => given.has(stamp));
  for (const name of ignoring) {
    if (policies.some((policy) => policy.name === name && policy.stamps !== undefined)) continue;
    problems.add(
      'jwt.adopt.ignoring: a name in it is not an active policy with stamps. Remove it.',
    );
  }
  if (adopt.stamps !== undefined) checkStamps(problems, adopt.stamps, policies);
  return policies.map((policy) => {
    if (ignoring.includes(policy.name)) {
      return Object.assign(Object.create(policy), { judgeAdopted: () => undefined });
    }
    if (!judges(policy)) {
      problems.add(
        `jwt.adopt: "${policy.name}" cannot judge tokens without its stamp. Name it in jwt.adopt.ignoring, or leave the policy out.`,
      );
    }
    return policy;
  });
}

/** Each given stamp must have the type that its policy stamps. */
function checkStamps(problems: Problems, given: unknown, policies: readonly Policy[]): void {
  const types = new Map(declaredStamps(policies));
  for (const [name, value] of Object.entries(Object(given))) {
    const type = types.get(name);
    if (type === undefined) {
      problems.add('jwt.adopt.stamps: a name in it is stamped by no active policy. Remove it.');
    } else if (isStampType(type) && !isStamp(type, value)) {
      // An unknown type was reported.
      problems.add(
        `jwt.adopt.stamps: "${name}" is not of the type ${type} that its policy stamps. Give a value of that type.`,
      );
    }
  }
}
