import type { PresentState } from './auth-state.js';
import type { Claims } from './claims.js';
import type { DecisionCode, Refusal } from './refusal.js';

/** What a stamp may hold: JSON scalars, compared with `===`. `null` only on a state that the policy refuses. */
export type StampValue = string | number | boolean | null;

/**
 * What a stamp is in every token. `'integer'`: a whole number; one that a number cannot hold exactly is
 * the text of its digits, as 64-bit columns have them.
 */
export type StampType = 'string' | 'integer' | 'number' | 'boolean';

/** The claims that a policy sets, by name. */
export type StampTypes = Readonly<Record<string, StampType>>;

/**
 * One revocation technique. It names the columns it needs, stamps claims at issue, and judges
 * claims against auth state. It is pure: no I/O, and time comes in as `state.now`.
 */
export interface Policy {
  /** Unique among the active policies. */
  readonly name: string;
  /** Properties of the user entity that it reads; each is a column of the entity. */
  readonly columns?: readonly string[];
  /**
   * The claims that `stamp` sets, each with its type: `{ ver: 'integer' }`. A token that lacks one of
   * them, or has it in another type, is refused before any policy is asked.
   */
  readonly stamps?: StampTypes;
  /** Whether it judges rows of the revocation log, and of which kind. */
  readonly denies?: 'subject' | 'session' | 'token';
  /**
   * A numeric column that each sign-in moves to `GREATEST(old + 1, now)`, in the transaction that
   * reads the state which is stamped.
   */
  readonly advancesOnSignIn?: string;
  /** The claims to set on a token issued on this state. */
  stamp?(state: PresentState): Readonly<Record<string, StampValue>>;
  /** Compares a token with the state; `undefined` means nothing to object. */
  judge(claims: Claims, state: PresentState): Refusal<DecisionCode> | undefined;
  /**
   * The same for a token from before this library came, which has none of the stamps. Without it, a policy
   * with stamps cannot be in force together with `jwt.adopt`, unless the options say that it leaves
   * those tokens alone.
   */
  judgeAdopted?(claims: Claims, state: PresentState): Refusal<DecisionCode> | undefined;
  /**
   * The instant (milliseconds) at which this state stops being good without any write, such as the
   * end of a validity period. No token issued on the state outlives it.
   */
  goodUntil?(state: PresentState): number | undefined;
}

/** The columns of the user entity, by the role each plays; property names, resolved at boot. */
export interface UserColumns {
  readonly id: string;
  readonly subject: string;
  readonly status?: string;
  readonly activeStatuses: readonly unknown[];
  readonly suspendedStatuses: readonly unknown[];
  readonly suspendedUntil?: string;
  readonly validUntil?: string;
  readonly deletedAt?: string;
  readonly tokenVersion?: string;
  readonly latestSignIn?: string;
  readonly createdAt?: string;
}

/** A policy that is made once the user's columns are known. Throws {@link PolicyConfigurationError}. */
export type PolicyFactory = (user: UserColumns) => Policy;

/**
 * Thrown by a policy factory that cannot work with the mapped columns. The module reports it with all other
 * problems at boot.
 *
 * ```ts
 * const passwordAge: PolicyFactory = ({ status }) => {
 *   if (status === undefined) throw new PolicyConfigurationError('passwordAge() needs user.status; map it.');
 *   return { name: 'passwordAge', columns: [status], judge: () => undefined };
 * };
 * ```
 */
export class PolicyConfigurationError extends Error {
  override readonly name = 'PolicyConfigurationError';
  readonly code = 'policy_misconfigured';
}
