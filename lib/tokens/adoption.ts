import { createHash } from 'node:crypto';
import type { Claims } from '../decision/claims.js';
import type { StampValue } from '../decision/policy.js';
import { isFor, isId, isTime } from './claim-types.js';
import { isRecord } from '../validation/records.js';
import type { TokenHeader } from './token-header.js';

/** How tokens from before this library came are recognised and read; validated at boot. */
export interface AdoptionSettings {
  /** Seconds since the epoch: from here on they are refused, whatever other clocks are allowed to be off. */
  readonly until: number;
  /** By how many seconds `exp` may have passed. */
  readonly toleranceSeconds: number;
  /** `undefined`: they have none. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly typ: string;
  /** The claim that names the account. */
  readonly subject: string;
  /** The key in the ring that signed them, and no other; `undefined`: that which they name, or the only one of the algorithm. */
  readonly kid: string | undefined;
  /** What they are taken to have been stamped with. */
  readonly stamps: Readonly<Record<string, StampValue>>;
  readonly isAccessToken: (payload: Readonly<Record<string, unknown>>) => unknown;
}

/**
 * Tokens that were issued before this library came: genuine ones, that say less. They are claims like
 * others from here on, marked as adopted, and never outlive the date.
 */
export class Adoption {
  constructor(private readonly settings: AdoptionSettings) {}

  /**
   * The id of the key of one that names this one; anything but text is no id. `false`: no such key signed
   * them, so that another kind of token under a key of today is not taken for one.
   */
  keyId(named: unknown): unknown {
    const { kid } = this.settings;
    if (kid === undefined) return named;
    return named === undefined || named === kid ? kid : false;
  }

  /** Whether a header may be that of such a token; it is never that of one of this library's. */
  isMeant({ typ, isPlain }: TokenHeader): boolean {
    return isPlain && (typ === undefined || typ === this.settings.typ);
  }

  /** What its payload says, once its signature holds; `undefined` when it is not one. */
  claims(payload: unknown, token: string, kid: string): Claims | undefined {
    if (!isRecord(payload) || !this.isOurs(payload)) return undefined;
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
      // The beginning of that second: a cut-off within it ends the token.
      iat_ms: iat * 1000,
      auth_time: iat,
      roles: [],
      kid,
    });
  }

  private isOurs(payload: Readonly<Record<string, unknown>>): boolean {
    const { issuer, audience, isAccessToken } = this.settings;
    const isMeant =
      audience === undefined ? payload['aud'] === undefined : isFor(payload['aud'], audience);
    if (!isMeant || payload['iss'] !== issuer) return false;
    try {
      // Only `true`: a promise, say, would be truthy.
      return isAccessToken(payload) === true;
    } catch {
      // It stumbles over a payload that is none of those it was written for.
      return false;
    }
  }
}

/** The same for every spelling of a signature: of what was signed. It is id and sign-in of a token that has none. */
function ownId(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return `adopted-${createHash('sha256').update(signed).digest('base64url')}`;
}
