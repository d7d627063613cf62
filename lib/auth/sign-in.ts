import { randomUUID } from 'node:crypto';
import type { AuthState, PresentState } from '../decision/auth-state.js';
import { sameValue } from '../decision/comparable.js';
import { isPresent } from '../decision/decide.js';
import { Refusal } from '../decision/refusal.js';
import { RevocationError, SignInError } from '../errors/auth.errors.js';
import { AuthUnavailableException, SessionLimitException } from '../errors/auth.exceptions.js';
import type { AuthStateReader, Lookup } from '../decision/auth-state-reader.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { Settings } from '../options/settings.js';
import type { UserTable } from '../users/user-table.js';
import type { AuthDatabase, Work } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import type { OpenedSession, SessionOpening, SignInContext } from '../sessions/session-opening.js';
import type { NamedClaims } from '../tokens/custom-claims.js';
import type { IssuedToken, TokenIssuer } from '../tokens/token-issuer.js';

/** A sign-in that succeeded: the token, and the state it carries. */
export interface SignedIn {
  readonly token: IssuedToken;
  readonly state: PresentState;
  /** With sessions: the one that it began. */
  readonly session?: OpenedSession;
}

/** Makes the first token of a sign-in. */
export class SignIn {
  /** The columns that each sign-in moves. */
  private readonly advanced: readonly string[];

  constructor(
    private readonly settings: Settings,
    private readonly reader: AuthStateReader,
    private readonly database: AuthDatabase,
    private readonly query: StateQuery,
    private readonly users: UserTable,
    private readonly issuer: TokenIssuer,
    /** `undefined`: there are no sessions. */
    private readonly sessions: SessionOpening | undefined,
  ) {
    this.advanced = settings.policies.flatMap(({ advancesOnSignIn }) => advancesOnSignIn ?? []);
  }

  async carryOut(user: object, context: SignInContext): Promise<SignedIn | Refusal> {
    const sub = this.subjectOf(user);
    const carried = this.ownClaims(context);
    const lookup: Lookup = { sub, sid: randomUUID(), jti: randomUUID() };
    if (this.advanced.length > 0 || this.sessions !== undefined) {
      return this.write(lookup, user, context, carried);
    }
    const checked = this.check(await this.reader.read(lookup), user);
    if (checked instanceof Refusal) return checked;
    const token = this.issuer.issue(checked, { sid: lookup.sid, carried });
    return token instanceof Refusal ? token : { token, state: checked };
  }

  /** Whom a sign-in was for, for the audit stream. */
  named(user: object): { readonly userId?: string } {
    const id: unknown = this.settings.user.id.getEntityValue(user);
    return id === undefined || id === null ? {} : { userId: String(id) };
  }

  /**
   * A sign-in that leaves something behind: one transaction that reads the state which is stamped and
   * writes. Under the account's lock where sign-ins must come one after the other: of two at once,
   * each reads its own instant, and the later one stands; and none is left out of a count.
   */
  private async write(
    lookup: Lookup,
    user: object,
    context: SignInContext,
    carried: NamedClaims,
  ): Promise<SignedIn | Refusal> {
    const { users, query, issuer, advanced, sessions } = this;
    const check = (state: AuthState) => this.check(state, user);
    const signIn = (state: PresentState) => {
      const until = sessions && Math.floor(sessions.end(state) / 1000);
      return { sid: lookup.sid, until, carried };
    };
    const work = function* (): Work<SignedIn | Refusal> {
      let state = check(yield* query.work(lookup));
      if (state instanceof Refusal) return state;
      if (advanced.length > 0 || sessions?.counts) {
        yield* users.lock(state.subject.id);
        // Under the lock, so that what is compared is what is committed last.
        state = check(yield* query.work(lookup));
        if (state instanceof Refusal) return state;
      }
      if (advanced.length > 0) {
        // A sign-in that will be refused must not end the one that stands.
        const refusal = issuer.rehearse(state, signIn(state));
        if (refusal !== undefined) return refusal;
        for (const column of advanced) yield* users.advance(state.subject.id, column);
        state = check(yield* query.work(lookup));
        if (state instanceof Refusal) return state;
      }
      const token = issuer.issue(state, signIn(state));
      if (token instanceof Refusal) return token;
      if (sessions === undefined) return { token, state };
      return { token, state, session: yield* sessions.open(state, lookup.sid, context, carried) };
    };
    try {
      return await withTimeout(this.settings.timeoutMs, this.database.transact(work));
    } catch (cause) {
      if (cause instanceof SignInError || cause instanceof SessionLimitException) throw cause;
      // The account went between the read and the lock.
      if (cause instanceof RevocationError) return new Refusal('account_deleted');
      throw new AuthUnavailableException(cause);
    }
  }

  /** Whether the row is still the one that the application checked the credentials against. */
  private check(state: AuthState, user: object): PresentState | Refusal {
    if (!isPresent(state)) return new Refusal('account_deleted');
    for (const column of this.settings.watched) {
      if (this.advanced.includes(column.propertyPath)) continue;
      const checked: unknown = column.getEntityValue(user);
      if (checked === undefined) {
        throw new SignInError(
          `signIn() was given a user without "${column.propertyPath}", so that a change to it since the password was checked would go unseen. Load the column, with addSelect() if it is not selected by default.`,
        );
      }
      if (!sameValue(checked, state.subject.columns[column.propertyPath])) {
        return this.refused(state) ?? new Refusal('credentials_changed');
      }
    }
    return state;
  }

  /** What the state itself refuses, which says more than that something changed. */
  private refused(state: PresentState): Refusal | undefined {
    return this.issuer.rehearse(state, { sid: randomUUID() });
  }

  private ownClaims({ claims = {} }: SignInContext): NamedClaims {
    const declared = this.settings.tokens.claims;
    if (declared !== undefined) return declared.named(claims);
    if (Object.keys(claims).length === 0) return {};
    throw new SignInError(
      'signIn() was given claims, and jwt.claims declares none; declare them there.',
      'invalid_claims',
    );
  }

  private subjectOf(user: object): string {
    const { subject, subjects } = this.settings.user;
    const value: unknown = subject.getEntityValue(user);
    const text = typeof value === 'string' ? value : String(value ?? '');
    if (subjects.canHold(text)) return text;
    throw new SignInError(
      `signIn() was given a user whose "${subject.propertyPath}" is missing or not a subject; give it the entity that was loaded from the database.`,
    );
  }
}
