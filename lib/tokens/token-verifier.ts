import type { Claims } from '../decision/claims.js';
import { Refusal, type TokenCode } from '../decision/refusal.js';
import type { Adoption } from './adoption.js';
import { type ClaimRules, type Lifetime, parseClaims, untimely } from './claims.parser.js';
import { isCanonical, isCompact } from './compact.js';
import { decodedJson } from './decoded-json.js';
import type { KeyRing, RingKey } from './keys/key-ring.js';
import { isAccessTokenHeader, readHeader } from './token-header.js';

export type { Lifetime } from './claims.parser.js';

const INVALID = new Refusal('token_invalid');

/** A token names a key that the ring does not have. */
export interface UnknownKey {
  readonly unknownKid: string;
}

/** Reads and verifies access tokens: form, header, signature, claims, in that order. */
export class TokenVerifier {
  constructor(
    private readonly ring: KeyRing,
    private readonly rules: ClaimRules,
  ) {}

  /** The key that a token names, once its form and its header are those of an access token. */
  keyOf(token: string): RingKey | UnknownKey | Refusal<'token_malformed' | 'token_invalid'> {
    if (typeof token !== 'string' || !isCompact(token)) return new Refusal('token_malformed');
    const part = token.slice(0, token.indexOf('.'));
    const ours = this.ring.behind(part);
    if (ours !== undefined) return isCanonical(token) ? ours : INVALID;
    const header = readHeader(part);
    if (header === undefined) return new Refusal('token_malformed');
    const { adoption } = this.rules;
    const isAdopted = adoption !== undefined && adoption.isMeant(header);
    if (!(isAccessTokenHeader(header) || isAdopted) || !isCanonical(token)) return INVALID;
    const { alg } = header;
    const kid = isAdopted ? adoption.keyId(header.kid) : header.kid;
    // An id is text, or there is none. Anything else may not even be convertible to text.
    if (kid !== undefined && typeof kid !== 'string') return INVALID;
    // RFC 8725 §3.1: the token says which key it wants and never which algorithm.
    const key = kid === undefined ? this.ring.onlyOneFor(alg) : this.ring.named(kid);
    if (key === undefined) return kid === undefined ? INVALID : { unknownKid: kid };
    return key.algorithm === alg ? key : INVALID;
  }

  /**
   * The claims of a token whose signature by this key holds.
   *
   * @param derived the subject's own key where keys are derived; otherwise the ring's is used
   * @param lifetime whether a token that has expired is refused
   */
  verify(
    token: string,
    key: RingKey,
    derived?: Buffer,
    lifetime: Lifetime = 'checked',
  ): Claims | Refusal<TokenCode | 'credentials_changed'> {
    const opened = key.signature.open(token, derived);
    if (typeof opened !== 'string') return this.read(opened.payload, token, key, lifetime);
    if (opened === 'malformed') return new Refusal('token_malformed');
    // Under a derived key it means that the columns behind the key changed, or a forgery: the two
    // cannot be told apart, and neither is let in.
    return new Refusal(derived === undefined ? 'token_invalid' : 'credentials_changed');
  }

  /**
   * What a token says before its signature is checked. Only to find the key that checks it: nothing
   * here is believed.
   */
  peek(token: string, key: RingKey, lifetime: Lifetime): Claims | Refusal<TokenCode> {
    const payload = payloadOf(token);
    return payload === undefined
      ? new Refusal('token_malformed')
      : this.read(payload, token, key, lifetime);
  }

  /** Why claims that were verified before are not good at this instant; `undefined` when they are. */
  untimely(
    claims: Claims,
    lifetime: Lifetime,
  ): Refusal<'token_invalid' | 'token_expired'> | undefined {
    return untimely(claims, nowSeconds(), this.rules, lifetime);
  }

  private read(
    payload: unknown,
    token: string,
    { kid }: RingKey,
    lifetime: Lifetime,
  ): Claims | Refusal<'token_invalid' | 'token_expired'> {
    const { adoption } = this.rules;
    if (adoption !== undefined && this.isAdopted(token, adoption)) {
      // Not what was opened: where the type is JWT, jsonwebtoken also takes a text that holds JSON for it.
      const claims = adoption.claims(payloadOf(token), token, kid);
      return claims === undefined ? INVALID : (this.untimely(claims, lifetime) ?? claims);
    }
    return parseClaims(payload, kid, nowSeconds(), this.rules, lifetime);
  }

  /** By its header, which for this library's own is the same text in every token of a key. */
  private isAdopted(token: string, adoption: Adoption): boolean {
    const part = token.slice(0, token.indexOf('.'));
    const header = this.ring.behind(part) === undefined ? readHeader(part) : undefined;
    return header !== undefined && adoption.isMeant(header);
  }
}

function payloadOf(token: string): unknown {
  return decodedJson(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.')));
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
