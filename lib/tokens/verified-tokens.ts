import { LRUCache } from 'lru-cache';
import type { Claims } from '../decision/claims.js';
import type { KeyRing } from './keys/key-ring.js';
import type { VerifiedTokenLimits } from './token-settings.js';

/** Bytes of an entry beside its texts and claims: their objects, the places in the cache. */
const ENTRY_BYTES = 100;
/**
 * Bytes of a claim beside its letters. A claim of an application's own makes the object a hash table, which
 * has up to three places for each claim, of 24 bytes.
 */
const CLAIM_BYTES = 72;
/** Bytes of a role, or of another text in a list, beside its letters. */
const NAME_BYTES = 32;

/** Letters at the end of a token that it is looked for by: a whole HS256 signature, 258 bits of longer ones. */
const TAIL = 43;

/** A token whose signature held and whose claims were those of a token of ours. */
export interface KnownToken {
  readonly claims: Claims;
}

interface Entry {
  readonly text: string;
  readonly verified: KnownToken;
}

/**
 * Tokens that were verified, so that the signature of each is checked once and not at each request.
 *
 * An entry is for one text: a signature was checked for these bytes and no others, so a token must be
 * the same to the last letter. It is only looked for by its end, since to hash all of it takes longer than
 * the rest of a guard. It keeps claims and never a verdict: times and policies are judged at each
 * use. What is not needed lately is dropped, and verified again.
 */
export class VerifiedTokens {
  private readonly known: LRUCache<string, Entry>;

  /** Forgets all of them whenever the ring's keys change: what was verified was so by those of before. */
  constructor({ maxEntries, maxBytes }: VerifiedTokenLimits, ring: KeyRing) {
    this.known = new LRUCache({ max: maxEntries, maxSize: maxBytes });
    ring.onChange(() => this.known.clear());
  }

  get(token: string): KnownToken | undefined {
    const entry = this.known.get(token.slice(-TAIL));
    return entry?.text === token ? entry.verified : undefined;
  }

  /** Keeps what was verified just now, in the turn of the event loop in which it was. */
  add(token: string, verified: KnownToken): void {
    const text = copied(token);
    const size = bytesOf(text, verified.claims);
    this.known.set(text.slice(-TAIL), { text, verified }, { size });
  }
}

/**
 * A token cut out of a header holds on to the whole of it, which a request may fill with 16 KB of other
 * cookies. A token is ASCII.
 */
function copied(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}

/** What an entry takes, not less than it does: the text, the claims decoded out of it, the rest. */
function bytesOf(token: string, claims: Claims): number {
  let bytes = ENTRY_BYTES + 2 * token.length;
  // A loop: lists made of the claims took longer than all else of keeping a token.
  for (const claim in claims) {
    const value = claims[claim];
    bytes += CLAIM_BYTES;
    if (Array.isArray(value)) bytes += NAME_BYTES * value.length;
    // A letter takes two bytes where one of the same text is not of Latin.
    else if (typeof value === 'string') bytes += value.length;
  }
  return bytes;
}
