import { RevocationError, UnknownUserError } from '../errors/revocation.errors.js';
import { InvalidTransactionError, SignInError } from '../errors/sign-in.errors.js';
import { ok as assert } from 'node:assert/strict';
import type { EntityManager } from 'typeorm';
import type { AuthDatabase, Work } from '../database/database.js';
import type { OpenTransaction } from '../database/open-transaction.js';
import { withTimeout } from '../database/with-timeout.js';
import type { AuthState, AuthStateReader } from '../decision/auth-state.js';
import { Refusal } from '../decision/refusal.js';
import { AuthException, AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { AuthEvent } from '../events/auth-event.js';
import type { Concerned } from '../log/propagation.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { SignInContext } from '../sessions/session-opening.js';
import { type Attempt, type SignedIn, type SignInParts, SignInWork } from './sign-in-work.js';

/** Issues the first token of a sign-in. */
export class SignIn {
  private readonly steps: SignInWork;

  constructor(
    private readonly parts: SignInParts & {
      readonly timeoutMs: number;
      readonly reader: AuthStateReader;
      readonly database: AuthDatabase;
      readonly transactions: OpenTransaction;
      readonly transaction: RevocationTransaction;
    },
  ) {
    this.steps = new SignInWork(parts);
  }

  /** The id of the user who tried to sign in, for the audit stream. */
  idOf(user: object): { readonly userId?: string } {
    return this.steps.idOf(user);
  }

  /**
   * A sign-in that writes becomes part of the caller's open transaction.
   *
   * @param report called after the commit of that transaction, for the audit stream
   */
  async attempt(
    user: object,
    context: SignInContext,
    report: (signedIn: SignedIn) => readonly AuthEvent[],
  ): Promise<SignedIn | Refusal> {
    const attempt = this.steps.attempt(user, context);
    const manager = this.openTransaction(context);
    if (!this.steps.writes) return this.read(attempt, manager);
    return manager === undefined ? this.write(attempt) : this.join(manager, attempt, report);
  }

  /**
   * A sign-in that writes nothing stamps what is committed, also inside of a transaction. If that is rolled back,
   * nothing undoes the token, and another account may get the id of an account that was created in it.
   */
  private async read(
    attempt: Attempt,
    manager: EntityManager | undefined,
  ): Promise<SignedIn | Refusal> {
    const { reader, issuer } = this.parts;
    const { lookup, user, carried } = attempt;
    const checked = this.steps.check(await reader.read(lookup).catch(thrown), user);
    if (checked instanceof Refusal) {
      if (manager !== undefined) await this.refuseUncommitted(manager, attempt);
      return checked;
    }
    const token = issuer.issue(checked, { sid: lookup.sid, carried });
    return token instanceof Refusal ? token : { token, state: checked };
  }

  /** @throws SignInError the account is as the application checked it, but only inside of its transaction */
  private async refuseUncommitted(
    manager: EntityManager,
    { lookup, user }: Attempt,
  ): Promise<void> {
    const { database, query } = this.parts;
    const own: AuthState = await database.join(manager, () => query.work(lookup)).catch(thrown);
    if (this.steps.check(own, user) instanceof Refusal) return;
    throw new InvalidTransactionError(
      'signIn() got an account that the open transaction has created or changed. Without `sessions`, a token of a transaction that is rolled back would stay valid. Sign in after the commit, or configure `sessions`.',
    );
  }

  /** A sign-in that writes something, in a transaction of its own. */
  private async write(attempt: Attempt): Promise<SignedIn | Refusal> {
    const { database, timeoutMs } = this.parts;
    try {
      return await withTimeout(
        timeoutMs,
        database.transact(() => this.steps.work(attempt, false)),
      );
    } catch (cause) {
      // The account was deleted between the read and the lock.
      if (cause instanceof UnknownUserError) {
        return new Refusal('account_deleted');
      }
      return thrown(cause);
    }
  }

  /**
   * The same in the caller's transaction. The token may be used before that is committed, or after a rollback. Its
   * claim `provisional` makes every process decide on what is committed then:
   *
   * - Its session is not stored, so it is refused.
   * - Without `sessions`, only `latestSignIn()` writes. Its stamp is an instant that nobody else ever stores.
   * - Its other stamps are compared with what is committed. A version that was raised and rolled back is given out
   *   again later, and could match by chance. The session and the instant cannot.
   *
   * After the commit it is a token like any other, whose changes have rows in the log.
   */
  private async join(
    manager: EntityManager,
    attempt: Attempt,
    report: (signedIn: SignedIn) => readonly AuthEvent[],
  ): Promise<SignedIn | Refusal> {
    const done: { outcome?: SignedIn | Refusal } = {};
    const { steps } = this;
    const work = function* (): Work<readonly Concerned[]> {
      const outcome = yield* steps.work(attempt, true);
      done.outcome = outcome instanceof Refusal ? outcome : { ...outcome, joined: true };
      if (outcome instanceof Refusal || outcome.session === undefined) return [];
      return outcome.session.ended.map(({ id }) => ({ kind: 'session', ref: id }));
    };
    const events = () => {
      const { outcome } = done;
      return outcome === undefined || outcome instanceof Refusal ? [] : report(outcome);
    };
    await this.parts.transaction.join(manager, work, events).catch(thrown);
    assert(done.outcome !== undefined, 'The sign-in had no outcome.');
    return done.outcome;
  }

  private openTransaction({ manager }: SignInContext): EntityManager | undefined {
    try {
      return this.parts.transactions.find(manager);
    } catch (error) {
      throw signInErrorOf(error) ?? error;
    }
  }
}

/** Throws what a sign-in says about a failure. */
function thrown(cause: unknown): never {
  if (cause instanceof SignInError) throw cause;
  const mistake = signInErrorOf(cause) ?? signInErrorOf(Object(cause).cause);
  if (mistake !== undefined) throw mistake;
  throw cause instanceof AuthException ? cause : new AuthUnavailableException(cause);
}

/** What is wrong with the caller's transaction, if the error is about that. */
function signInErrorOf(error: unknown): SignInError | undefined {
  return error instanceof RevocationError
    ? new InvalidTransactionError(error.message, { cause: error })
    : undefined;
}
