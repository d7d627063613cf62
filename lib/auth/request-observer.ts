import { LRUCache } from 'lru-cache';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import type { DecisionCode, Refusal } from '../decision/refusal.js';
import type { CountedOutcome } from '../telemetry/auth-metrics.js';
import type { AuthEvents } from '../events/auth-events.js';

/** How many tokens are remembered, with what was reported about each. */
const REMEMBERED = 10_000;

/**
 * Reports what requests show: revoked tokens in use, and roles that changed since the token was issued.
 *
 * Once per token and finding. A client that repeats its request a thousand times a second must not be able
 * to write a thousand audit rows.
 */
export class RequestObserver {
  private readonly reported = new LRUCache<string, string>({ max: REMEMBERED });

  /** @param count receives the outcome of each decision */
  constructor(
    private readonly events: AuthEvents,
    private readonly count: (outcome: CountedOutcome) => void = () => undefined,
  ) {}

  /** The decision could not be made. */
  unavailable(): void {
    this.count('unavailable');
  }

  refused({ sub, sid, jti }: Claims, { code }: Refusal<DecisionCode | 'token_expired'>): void {
    this.count(code);
    if (code === 'token_expired' || this.wasReported(jti, code)) return;
    const refused = { code, subject: sub, sessionId: sid, tokenId: jti };
    this.events.emit({ type: 'token_refused', at: new Date(), ...refused });
  }

  accepted({ tokenId, userId, subject, claims, roles }: Principal): void {
    this.count('accepted');
    if (sameNames(claims.roles, roles) || this.wasReported(tokenId, JSON.stringify(roles))) return;
    const changed = { userId, subject, before: claims.roles, after: roles };
    this.events.emit({ type: 'roles_changed', at: new Date(), ...changed });
  }

  private wasReported(tokenId: string, finding: string): boolean {
    if (this.reported.get(tokenId) === finding) return true;
    this.reported.set(tokenId, finding);
    return false;
  }
}

/** Whether both lists hold the same roles. A join returns them in any order. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length === b.length && a.every((name, index) => name === b[index])) return true;
  const [before, after] = [new Set(a), new Set(b)];
  return before.size === after.size && [...before].every((name) => after.has(name));
}
