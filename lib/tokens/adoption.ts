import { createHash } from 'node:crypto';
import type { Claims } from '../decision/claims.js';
import { isRecord } from '../validation/records.js';
import { isLateAnswer } from '../validation/synchronous.js';
import type { AdoptOptions } from './jwt.options.js';
import { isFor, isId, isTime, type TokenHeader } from './token-format.js';

/** How tokens issued before this library was installed are recognised and read; validated at boot. */
export interface AdoptionSettings extends Required<
  Pick<AdoptOptions, 'typ' | 'subject' | 'stamps'>
> {
  /** Seconds since the epoch. From here on they are refused; the clock tolerance does not move it. */
  readonly until: number;
  /** The clock tolerance of the realm, which applies to `exp`. */
  readonly toleranceSeconds: number;
  /** `undefined`: they have no `iss`. */
  readonly issuer: string | undefined;
  /** `undefined`: they have no `aud`. */
  readonly audience: string | undefined;
  /** The only key that signed them. `undefined`: the key they name, or the only one of their algorithm. */
  readonly kid: string | undefined;
  readonly isAccessToken: (payload: Readonly<Record<string, unknown>>) => unknown;
}

/**
 * Reads tokens that were issued before this library was installed. They are genuine, but have fewer claims. The
 * claims are marked as adopted, and end at the set date at the latest.
 */
export class Adoption {
  constructor(private readonly settings: AdoptionSettings) {}

  /**
   * The id of the key that must verify a token, from the `kid` that the token names. Anything but text matches no
   * key. `false`: the token names another key than the configured one. So another kind of token, signed by a
   * current key, is never adopted.
   */
  keyId(named: unknown): unknown {
    const { kid } = this.settings;
    if (kid === undefined) return named;
    return named === undefined || named === kid ? kid : false;
  }

  /** Whether a token with this header may be adopted. The library's own headers never match. */
  mayAdopt({ typ, isPlain }: TokenHeader): boolean {
    return isPlain && (typ === undefined || typ === this.settings.typ);
  }

  /** The claims of a token whose signature holds; `undefined` when it is not one to adopt. */
  claims(payload: unknown, token: string, kid: string): Claims | undefined {
    if (!isRecord(payload) || !this.isAdoptable(payload)) return undefined;
    const { jti, iat, exp, nbf } = payload;
    const subject = Object.hasOwn(payload, this.settings.subject)
      ? payload[this.settings.subject]
      : undefined;
    const sub = Number.isSafeInteger(subject) ? String(subject) : subject;
    if (!isId(sub) || !isTime(iat) || !isTime(exp) || exp <= iat) return undefined;
    if (nbf !== undefined && !isTime(nbf)) return undefined;
    const own = ownId(token);
    return Object.freeze({
      ...this.settings.stamps,
      adopted: true,
      sub,
      jti: isId(jti) ? jti : own,
      sid: own,
      iat,
      exp: Math.min(exp, this.settings.until - this.settings.toleranceSeconds),
      nbf,
      // The start of that second, so that a cut-off within it ends the token.
      iat_ms: iat * 1000,
      auth_time: iat,
      roles: [],
      kid,
    });
  }

  private isAdoptable(payload: Readonly<Record<string, unknown>>): boolean {
    const { issuer, audience, isAccessToken } = this.settings;
    const isForAudience =
      audience === undefined ? payload['aud'] === undefined : isFor(payload['aud'], audience);
    if (!isForAudience || payload['iss'] !== issuer) return false;
    try {
      const answer = isAccessToken(payload);
      // Only `true`: a promise would be truthy.
      return !isLateAnswer(answer) && answer === true;
    } catch {
      // The application's function does not expect this payload.
      return false;
    }
  }
}

/** Token and session id for a token without one: a digest of what was signed, because a signature has two spellings. */
function ownId(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return `adopted-${createHash('sha256').update(signed).digest('base64url')}`;
}
