import { LRUCache } from 'lru-cache';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import type { DecisionCode, Refusal } from '../decision/refusal.js';
import type { CountedOutcome } from '../telemetry/auth-metrics.js';
import type { AuthEvents } from '../events/auth-events.js';

/** Tokens of which it is remembered what was told. */
const REMEMBERED = 10_000;

/**
 * Tells what requests show: revoked tokens in use, and roles that are others than at issue.
 *
 * Once for each token and finding. A client that repeats its request a thousand times a second must
 * not be able to write a thousand audit rows with it.
 */
export class RequestObserver {
  private readonly told = new LRUCache<string, string>({ max: REMEMBERED });

  /** @param count is told what each decision came to */
  constructor(
    private readonly events: AuthEvents,
    private readonly count: (outcome: CountedOutcome) => void = () => undefined,
  ) {}

  /** It could not be decided. */
  unavailable(): void {
    this.count('unavailable');
  }

  refused({ sub, sid, jti }: Claims, { code }: Refusal<DecisionCode | 'token_expired'>): void {
    this.count(code);
    if (code === 'token_expired' || this.isTold(jti, code)) return;
    const at = new Date();
    this.events.emit({
      type: 'token_refused',
      at,
      code,
      subject: sub,
      sessionId: sid,
      tokenId: jti,
    });
  }

  accepted({ tokenId, userId, subject, claims, roles }: Principal): void {
    this.count('accepted');
    if (sameNames(claims.roles, roles) || this.isTold(tokenId, JSON.stringify(roles))) return;
    const changed = { userId, subject, before: claims.roles, after: roles };
    this.events.emit({ type: 'roles_changed', at: new Date(), ...changed });
  }

  private isTold(tokenId: string, finding: string): boolean {
    if (this.told.get(tokenId) === finding) return true;
    this.told.set(tokenId, finding);
    return false;
  }
}

/** Whether both name the same roles; a join gives them in no particular order. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true;
  if (a.length === b.length && a.every((name, index) => name === b[index])) return true;
  const [before, after] = [new Set(a), new Set(b)];
  return before.size === after.size && [...before].every((name) => after.has(name));
}
