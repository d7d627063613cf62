import type { AuthState, AuthStateReader } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import { decide } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import type { Principal } from '../decision/principal.js';
import { type DecisionCode, Refusal } from '../decision/refusal.js';
import { GRACE_MS } from '../decision/time-margins.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { SubjectCodec } from '../users/subject-codec.js';

export type Outcome = Principal | Refusal<DecisionCode | 'token_expired'>;

/** Decides on verified claims, with state as fresh as `freshness.mode` promises. */
export interface Decider {
  /**
   * Answers synchronously when nothing has to be read.
   *
   * @throws AuthUnavailableException when the state could not be read in time
   */
  decide(claims: Claims): Outcome | Promise<Outcome>;
}

/** What every decision needs besides claims and state. */
export interface DecisionContext {
  readonly policies: readonly Policy[];
  readonly subjects: SubjectCodec;
}

/**
 * Decides on state that was read, or is in memory.
 *
 * @throws AuthUnavailableException when a policy of the application fails, so that there is no decision
 */
export function judge({ policies }: DecisionContext, claims: Claims, state: AuthState): Outcome {
  if (hasExpired(claims, state.now)) return new Refusal('token_expired');
  try {
    return decide(policies, claims, state);
  } catch (cause) {
    throw new AuthUnavailableException(cause);
  }
}

/**
 * Denials are kept until this instant of the database's clock. A process whose own clock is behind must not accept
 * a token whose denial may already be deleted.
 */
function hasExpired({ exp }: Claims, now: number): boolean {
  return exp * 1000 + GRACE_MS <= now;
}

/** Strict freshness: every decision is made on state that was read after the request arrived. */
export class StrictDecider implements Decider {
  constructor(
    private readonly context: DecisionContext,
    private readonly reader: AuthStateReader,
  ) {}

  decide(claims: Claims): Outcome | Promise<Outcome> {
    // No account can have a subject that the column cannot hold, so the database is not asked.
    if (!this.context.subjects.canHold(claims.sub)) return new Refusal('account_deleted');
    return this.read(claims);
  }

  private async read(claims: Claims): Promise<Outcome> {
    return judge(this.context, claims, await this.reader.read(claims));
  }
}
