import { LRUCache } from 'lru-cache';
import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import type { KeyRing } from './keys/key-ring.js';
import type { Problems } from '../validation/problems.js';
import type { VerifiedTokenCacheOptions } from './jwt.options.js';

/** Bytes of an entry apart from its texts and claims: objects, and places in the cache. */
const ENTRY_BYTES = 100;
/**
 * Bytes of a claim apart from its letters. A custom claim makes the object a hash table, which keeps up to
 * three places of 24 bytes for each claim.
 */
const CLAIM_BYTES = 72;
/** Bytes of a role, or of another text in a list, apart from its letters. */
const NAME_BYTES = 32;

/** How many letters at its end a token is looked up by: a whole HS256 signature, 258 bits of longer ones. */
const TAIL = 43;

/** A token whose signature holds and whose claims are those of an access token. */
export interface VerifiedToken {
  readonly claims: Claims;
  /** The auth state, if it was read to verify the token. */
  readonly state?: AuthState;
}

interface Entry {
  readonly text: string;
  readonly verified: VerifiedToken;
}

/**
 * Remembers verified tokens, so that a signature is checked once and not on every request.
 *
 * An entry is for one text: the signature was checked for these bytes, so a token must match to the
 * last letter. The lookup uses only its end, because hashing all of it takes longer than the rest of a
 * guard. An entry holds claims and never a verdict: times and policies are judged on every use. The
 * least recently used entry is dropped first, and its token is verified again.
 */
export class VerifiedTokenCache {
  private readonly entries: LRUCache<string, Entry>;

  /** Empties itself whenever the ring's keys change: its tokens were verified with the old keys. */
  constructor({ maxEntries, maxBytes }: Required<VerifiedTokenCacheOptions>, ring: KeyRing) {
    this.entries = new LRUCache({ max: maxEntries, maxSize: maxBytes });
    ring.onChange(() => this.entries.clear());
  }

  get(token: string): VerifiedToken | undefined {
    const entry = this.entries.get(token.slice(-TAIL));
    return entry?.text === token ? entry.verified : undefined;
  }

  /** Adds a token in the same turn of the event loop in which it was verified. */
  add(token: string, verified: VerifiedToken): void {
    const text = copied(token);
    const size = bytesOf(text, verified.claims);
    this.entries.set(text.slice(-TAIL), { text, verified }, { size });
  }
}

/**
 * A slice of a header keeps the whole header in memory, up to 16 KB with other cookies. So the token, which
 * is ASCII, is copied.
 */
function copied(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}

/** An upper bound of what an entry takes: its text, the claims decoded from it, and the rest. */
function bytesOf(token: string, claims: Claims): number {
  let bytes = ENTRY_BYTES + 2 * token.length;
  // A loop, because building lists of the claims took longer than everything else here.
  for (const claim in claims) {
    const value = claims[claim];
    bytes += CLAIM_BYTES;
    if (Array.isArray(value)) bytes += NAME_BYTES * value.length;
    // One letter outside Latin-1 makes every letter of the text take two bytes.
    else if (typeof value === 'string') bytes += value.length;
  }
  return bytes;
}

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
): Required<VerifiedTokenCacheOptions> | undefined {
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
