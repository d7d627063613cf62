import type { PresentState } from './auth-state.js';
import type { Claims } from './claims.js';
import type { DecisionCode, Refusal } from './refusal.js';

/** A stamp's value: a JSON scalar, compared with `===`. `null` only on a state that the policy refuses. */
export type StampValue = string | number | boolean | null;

/**
 * The type of a stamp in every token. `'integer'`: a whole number, or the text of its digits when a number cannot
 * hold it exactly, as with 64-bit columns.
 */
export type StampType = 'string' | 'integer' | 'number' | 'boolean';

/** The claims that a policy sets, by name, with their types. */
export type StampTypes = Readonly<Record<string, StampType>>;

/**
 * One rule that revokes tokens. It names the columns it needs, stamps claims when a token is issued, and compares
 * the claims with the auth state at each request. It does no I/O; the time is `state.now`. The library's own are in
 * `policies/`: `token-version.ts` is a short one to copy.
 */
export interface Policy {
  /** Unique among the active policies. */
  readonly name: string;
  /** The properties of the user entity that it reads. Each is a column. */
  readonly columns?: readonly string[];
  /**
   * The claims that `stamp` sets, each with its type: `{ ver: 'integer' }`. A token without one of them, or with
   * another type, is refused before any policy is asked.
   */
  readonly stamps?: StampTypes;
  /** The kind of rows of the revocation log that it looks at; `undefined`: none. */
  readonly denies?: 'subject' | 'session' | 'token';
  /**
   * A numeric column that each sign-in sets to `GREATEST(old + 1, now)`, in the transaction that reads the state
   * for the stamps.
   */
  readonly advancesOnSignIn?: string;
  /** The claims for a token that is issued on this state. */
  stamp?(state: PresentState): Readonly<Record<string, StampValue>>;
  /** Compares a token with the state. `undefined`: the policy accepts it. */
  judge(claims: Claims, state: PresentState): Refusal<DecisionCode> | undefined;
  /**
   * The same for a token from before this library was installed, which has no stamps. A policy with stamps needs
   * it when `jwt.adopt` is set, unless `jwt.adopt.ignoring` names the policy.
   */
  judgeAdopted?(claims: Claims, state: PresentState): Refusal<DecisionCode> | undefined;
  /**
   * The time, in milliseconds, at which this state ends by itself, without any write: the end of a validity
   * period, say. No token that is issued on the state lives longer.
   */
  goodUntil?(state: PresentState): number | undefined;
}

/** The mapped columns of the user entity, as names of properties. */
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

/**
 * Makes a policy once the mapped columns are known.
 *
 * @throws PolicyConfigurationError when the policy cannot work with them
 */
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
