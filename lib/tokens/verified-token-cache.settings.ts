import type { Problems } from '../validation/problems.js';
import type { VerifiedTokenCacheOptions } from './jwt.options.js';
import type { VerifiedTokenLimits } from './verified-token-cache.js';

const KIB = 1_024;
const BOUNDS = {
  maxEntries: { min: 1, max: 1_000_000, usual: 10_000 },
  // Less does not hold one long token. More is beyond any heap.
  maxBytes: { min: 64 * KIB, max: 4 * KIB ** 3, usual: 32 * KIB ** 2 },
} as const;

/** Validates the size of the cache of verified tokens; `undefined`: there is none. */
export function verifiedTokenLimits(
  problems: Problems,
  given: false | VerifiedTokenCacheOptions | undefined,
): VerifiedTokenLimits | undefined {
  const where = 'jwt.verifiedTokenCache';
  if (given === false) return undefined;
  const options = given === undefined ? {} : given;
  if (!problems.requireGroup(where, options)) return undefined;
  problems.unknown<VerifiedTokenCacheOptions>(where, options, { maxEntries: true, maxBytes: true });
  const limit = (name: keyof typeof BOUNDS): number => {
    const { min, max, usual } = BOUNDS[name];
    const value = options[name] ?? usual;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      problems.add(`${where}.${name}: give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
  return { maxEntries: limit('maxEntries'), maxBytes: limit('maxBytes') };
}
