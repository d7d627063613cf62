import type { AuthStateReader } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide, isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal, type TokenCode } from '../decision/refusal.js';
import type { SubjectCodec } from '../users/subject-codec.js';
import { type ClaimRules, type Lifetime, parseClaims, untimely } from './claims.parser.js';
import { derivedKey } from './keys/signature.js';
import type { KeyRefresh } from './keys/key-refresh.js';
import type { KeyRing, RingKey } from './keys/key-ring.js';
import {
  isAccessTokenHeader,
  isCanonical,
  isCompact,
  payloadOf,
  readHeader,
} from './token-format.js';
import type { VerifiedToken, VerifiedTokenCache } from './verified-token-cache.js';

const INVALID = new Refusal('token_invalid');
const MALFORMED = new Refusal('token_malformed');

/** Verifies access tokens: form, header, key, signature, claims, in that order. */
export class TokenVerifier {
  constructor(
    private readonly parts: {
      readonly ring: KeyRing;
      readonly refresh: Pick<KeyRefresh, 'forUnknownKey'>;
      readonly rules: ClaimRules;
      /** Properties of the user entity behind each user's own key; empty: one key for all. */
      readonly deriveKeyFrom: readonly string[];
      /** Reads the state that derives a user's own key. */
      readonly reader: AuthStateReader;
      readonly policies: readonly Policy[];
      readonly subjects: SubjectCodec;
      /** `undefined`: every signature is checked on every use. */
      readonly cache: VerifiedTokenCache | undefined;
    },
  ) {}

  /**
   * The claims of a token, or why it is refused. Answers at once and reads nothing, unless keys are
   * derived from users or the token's key is unknown. A cached token's signature is not checked again.
   *
   * @throws AuthUnavailableException (503) the keys, or the state behind a derived key, cannot be loaded
   */
  verify(
    token: string,
    lifetime: Lifetime = 'checked',
  ): VerifiedToken | Refusal | Promise<VerifiedToken | Refusal> {
    // Callers in JavaScript may pass anything. What is not text is malformed.
    const known = typeof token === 'string' ? this.parts.cache?.get(token) : undefined;
    if (known !== undefined) {
      return untimely(known.claims, nowSeconds(), this.parts.rules, lifetime) ?? known;
    }
    const key = this.keyOf(token);
    if (key instanceof Refusal) return key;
    return key === 'unknown'
      ? this.verifyUnknown(token, lifetime)
      : this.verifyBy(key, token, lifetime);
  }

  /** The key that a token names. `'unknown'`: the ring does not have it. A refusal: this is no access token. */
  private keyOf(token: string): RingKey | 'unknown' | Refusal<'token_malformed' | 'token_invalid'> {
    if (typeof token !== 'string' || !isCompact(token)) return MALFORMED;
    const { ring, rules } = this.parts;
    const part = token.slice(0, token.indexOf('.'));
    const own = ring.ofHeader(part);
    if (own !== undefined) return isCanonical(token) ? own : INVALID;
    const header = readHeader(part);
    if (header === undefined) return MALFORMED;
    const { adoption } = rules;
    const isAdopted = adoption !== undefined && adoption.mayAdopt(header);
    if (!(isAccessTokenHeader(header) || isAdopted) || !isCanonical(token)) return INVALID;
    const { alg } = header;
    const kid = isAdopted ? adoption.keyId(header.kid) : header.kid;
    // A key id is text or absent. Other values may not even convert to text.
    if (kid !== undefined && typeof kid !== 'string') return INVALID;
    // RFC 8725 §3.1: a token chooses its key, and never the algorithm.
    const key = kid === undefined ? ring.onlyOneFor(alg) : ring.named(kid);
    if (key === undefined) return kid === undefined ? INVALID : 'unknown';
    return key.algorithm === alg ? key : INVALID;
  }

  private verifyBy(
    key: RingKey,
    token: string,
    lifetime: Lifetime,
  ): VerifiedToken | Refusal | Promise<VerifiedToken | Refusal> {
    if (this.parts.deriveKeyFrom.length > 0) return this.verifyDerived(key, token, lifetime);
    const claims = this.open(token, key, lifetime);
    if (claims instanceof Refusal) return claims;
    const verified: VerifiedToken = { claims };
    // A token whose expiry was ignored may be of no more use.
    if (lifetime === 'checked') this.parts.cache?.add(token, verified);
    return verified;
  }

  /** The key may be newer than this process's ring: the process that rotates first signs with it at once. */
  private async verifyUnknown(token: string, lifetime: Lifetime): Promise<VerifiedToken | Refusal> {
    await this.parts.refresh.forUnknownKey();
    const key = this.keyOf(token);
    if (key instanceof Refusal) return key;
    return key === 'unknown' ? INVALID : this.verifyBy(key, token, lifetime);
  }

  /**
   * A user's own key needs the user's row, so the state is read for a token that is not verified yet.
   * Nothing else trusts it before. The ids are those of the token that is verified in the end, because both are read
   * from the same text.
   */
  private async verifyDerived(
    key: RingKey,
    token: string,
    lifetime: Lifetime,
  ): Promise<VerifiedToken | Refusal> {
    const { reader, policies, subjects, deriveKeyFrom } = this.parts;
    const payload = payloadOf(token);
    if (payload === undefined) return MALFORMED;
    const peeked = this.claimsOf(payload, token, key, lifetime);
    if (peeked instanceof Refusal) return peeked;
    // Anybody can write a subject. One that the column cannot hold would fail the statement for every
    // request in the batch.
    if (!subjects.canHold(peeked.sub)) return new Refusal('account_deleted');
    const state = await reader.read(peeked);
    if (!isPresent(state)) {
      const refusal = decide(policies, peeked, state);
      return refusal instanceof Refusal ? refusal : new Refusal('account_deleted');
    }
    const own = derivedKey(key.verify, deriveKeyFrom, state.subject);
    const claims = this.open(token, key, lifetime, own);
    return claims instanceof Refusal ? claims : { claims, state };
  }

  /** The claims of a token whose signature is valid. With derived keys, it is checked with the subject's own key. */
  private open(
    token: string,
    key: RingKey,
    lifetime: Lifetime,
    derived?: Buffer,
  ): Claims | Refusal<TokenCode | 'credentials_changed'> {
    const opened = key.signature.open(token, derived);
    if (typeof opened !== 'string') return this.claimsOf(opened.payload, token, key, lifetime);
    if (opened === 'malformed') return MALFORMED;
    // Under a derived key: the columns behind the key changed, or the token is forged. The two cannot be
    // told apart, and both are refused.
    return derived === undefined ? INVALID : new Refusal('credentials_changed');
  }

  private claimsOf(
    payload: unknown,
    token: string,
    { kid }: RingKey,
    lifetime: Lifetime,
  ): Claims | Refusal<'token_invalid' | 'token_expired'> {
    const { rules } = this.parts;
    if (rules.adoption === undefined || !this.isAdopted(token)) {
      return parseClaims(payload, kid, nowSeconds(), rules, lifetime);
    }
    // Decoded here: for the type JWT, jsonwebtoken also accepts a payload that is JSON inside of a JSON string.
    const claims = rules.adoption.claims(payloadOf(token), token, kid);
    if (claims === undefined) return INVALID;
    return untimely(claims, nowSeconds(), rules, lifetime) ?? claims;
  }

  /** By its header. The library's own header is the same text in every token of a key. */
  private isAdopted(token: string): boolean {
    const { ring, rules } = this.parts;
    const part = token.slice(0, token.indexOf('.'));
    const header = ring.ofHeader(part) === undefined ? readHeader(part) : undefined;
    return header !== undefined && rules.adoption?.mayAdopt(header) === true;
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
