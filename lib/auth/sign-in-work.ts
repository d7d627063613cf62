import {
  InvalidClaimsError,
  InvalidContextError,
  InvalidUserError,
} from '../errors/sign-in.errors.js';
import { randomUUID } from 'node:crypto';
import type { Column, Work } from '../database/database.js';
import type { AuthState, Lookup, PresentState } from '../decision/auth-state.js';
import { sameValue } from '../decision/comparable.js';
import { isPresent } from '../decision/decide.js';
import type { Policy } from '../decision/policy.js';
import { Refusal } from '../decision/refusal.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { OpenedSession, SessionOpening, SignInContext } from '../sessions/session-opening.js';
import { isManager } from '../database/open-transaction.js';
import { isRecord } from '../validation/records.js';
import type { CustomClaims, NamedClaims } from '../tokens/custom-claims.js';
import type { IssuedToken, TokenIssuer } from '../tokens/token-issuer.js';
import type { UserModel } from '../users/user.settings.js';
import type { UserTable } from '../users/user-table.js';
import { newestState } from './newest-state.js';

/** A successful sign-in. */
export interface SignedIn {
  readonly token: IssuedToken;
  /** The state that the token is stamped with. */
  readonly state: PresentState;
  /** With sessions: the new one. */
  readonly session?: OpenedSession;
  /** It is part of the caller's transaction. Its event follows after the commit. */
  readonly joined?: true;
}

/** What one sign-in was given. */
export interface Attempt {
  readonly lookup: Lookup;
  readonly user: object;
  readonly context: SignInContext;
  /** The application's own claims. */
  readonly carried: NamedClaims;
}

export interface SignInParts {
  readonly user: UserModel;
  /** The columns that the policies watch. */
  readonly watched: readonly Column[];
  readonly policies: readonly Policy[];
  /** The application's own claims. */
  readonly claims: CustomClaims | undefined;
  readonly query: StateQuery;
  readonly users: UserTable;
  readonly issuer: TokenIssuer;
  /** `undefined`: the options have no `sessions`. */
  readonly sessions: SessionOpening | undefined;
}

/** What a sign-in checks, reads and writes. */
export class SignInWork {
  /** The columns that each sign-in advances. */
  private readonly advanced: readonly string[];

  constructor(private readonly parts: SignInParts) {
    this.advanced = parts.policies.flatMap(({ advancesOnSignIn }) => advancesOnSignIn ?? []);
  }

  /** Whether there is anything to write. */
  get writes(): boolean {
    return this.advanced.length > 0 || this.parts.sessions !== undefined;
  }

  /** @throws SignInError the user, the context or the claims are not valid */
  attempt(user: object, context: SignInContext): Attempt {
    const sub = this.subjectOf(user);
    // A manager that is passed instead of { manager } must not leave the sign-in outside of its transaction.
    if (!isRecord(context) || isManager(context)) {
      throw new InvalidContextError(
        'signIn() takes { ip, userAgent, device, claims, manager } as its second argument. Give such an object, or leave it out.',
      );
    }
    const carried = this.ownClaims(context);
    return { lookup: { sub, sid: randomUUID(), jti: randomUUID() }, user, context, carried };
  }

  /** The id of the user who tried to sign in, for the audit stream. */
  idOf(user: object): { readonly userId?: string } {
    const id: unknown = this.parts.user.id.getEntityValue(user);
    return id === undefined || id === null ? {} : { userId: String(id) };
  }

  /**
   * Reads the state to stamp, and writes. If sign-ins must run one after the other, it holds the account's lock.
   * Then two sign-ins at once get different instants, and the later one counts. The session limit counts both.
   */
  *work({ lookup, user, context, carried }: Attempt, joined: boolean): Work<SignedIn | Refusal> {
    const { advanced } = this;
    const { query, users, issuer, sessions } = this.parts;
    const signIn = (state: PresentState) => {
      const until = sessions && Math.floor(sessions.end(state) / 1000);
      return { sid: lookup.sid, until, carried, provisional: joined };
    };
    const id = joined ? this.requireId(user) : undefined;
    const read = () => (id === undefined ? query.work(lookup) : newestState(query, lookup, id));
    let state = this.check(yield* read(), user);
    if (state instanceof Refusal) return state;
    if (!joined && (advanced.length > 0 || sessions?.counts)) {
      yield* users.lock(state.subject.id);
      // Again under the lock, to compare the last committed version.
      state = this.check(yield* read(), user);
      if (state instanceof Refusal) return state;
    }
    if (advanced.length > 0) {
      // A sign-in that will be refused must not end the valid one.
      const refusal = issuer.rehearse(state, signIn(state));
      if (refusal !== undefined) return refusal;
      for (const column of advanced) yield* users.advance(state.subject.id, column);
      state = this.check(yield* read(), user);
      if (state instanceof Refusal) return state;
    }
    const token = issuer.issue(state, signIn(state));
    if (token instanceof Refusal) return token;
    if (sessions === undefined) return { token, state };
    const session = yield* sessions.open(state, { sid: lookup.sid, context, carried, joined });
    return { token, state, session };
  }

  private requireId(user: object): string {
    const { userId } = this.idOf(user);
    if (userId !== undefined && this.parts.user.ids.canHold(userId)) return userId;
    throw new InvalidUserError(
      `signIn() got a user whose "${this.parts.user.id.propertyPath}" is missing or invalid. Pass the entity that was loaded from the database or saved to it.`,
    );
  }

  /** Refuses a row that differs from the one whose credentials the application checked. */
  check(state: AuthState, user: object): PresentState | Refusal {
    if (!isPresent(state)) return new Refusal('account_deleted');
    for (const column of this.parts.watched) {
      if (this.advanced.includes(column.propertyPath)) continue;
      const checked: unknown = column.getEntityValue(user);
      if (checked === undefined) {
        throw new InvalidUserError(
          `signIn() needs "${column.propertyPath}" of the user, to see whether it changed since the password was checked. Load the column. Use addSelect() if it is not selected by default.`,
        );
      }
      if (!sameValue(checked, state.subject.columns[column.propertyPath])) {
        return this.refused(state) ?? new Refusal('credentials_changed');
      }
    }
    return state;
  }

  /** The refusal of the decision, which says more than that something changed. */
  private refused(state: PresentState): Refusal | undefined {
    return this.parts.issuer.rehearse(state, { sid: randomUUID() });
  }

  private ownClaims({ claims = {} }: SignInContext): NamedClaims {
    const declared = this.parts.claims;
    if (declared !== undefined) return declared.named(claims);
    if (isRecord(claims) && Object.keys(claims).length === 0) return {};
    throw new InvalidClaimsError(
      'signIn() got claims, but jwt.claims declares none. Declare them there.',
    );
  }

  private subjectOf(user: object): string {
    const { subject, subjects } = this.parts.user;
    const value: unknown = subject.getEntityValue(user);
    const text = typeof value === 'string' ? value : String(value ?? '');
    if (subjects.canHold(text)) return text;
    throw new InvalidUserError(
      `signIn() got a user whose "${subject.propertyPath}" is missing or invalid. Pass the entity that was loaded from the database.`,
    );
  }
}
