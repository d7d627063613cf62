import type { SessionOptions, TokenPair } from 'nestjs-revocable-jwt';
import { expect } from 'vitest';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../../support/auth-app.js';
import type { Person } from '../../support/person.entity.js';

/** A person who is signed in on a device. */
export interface Device {
  readonly person: Person;
  readonly pair: TokenPair;
}

export interface SessionApp extends AuthApp {
  signIn(person: Person, device?: string): Promise<TokenPair>;
  /** Somebody new, signed in. */
  newcomer(given?: Partial<Person>): Promise<Device>;
  /** Lets time go by for one session: everything that happened to it was that much earlier. */
  age(sessionId: string, ms: number): Promise<void>;
  /** The row of a session. */
  row(sessionId: string): Promise<Readonly<Record<string, unknown>>>;
}

/** The application with sessions, on the device's word that a pair is a pair. */
export async function startSessionApp(
  given: AuthAppOptions & { readonly sessions?: SessionOptions } = {},
): Promise<SessionApp> {
  const { sessions = {}, ...options } = given;
  const app = await startAuthApp({ ...options, auth: { ...options.auth, sessions } });
  const signIn = async (person: Person, device?: string): Promise<TokenPair> => {
    const { refreshToken, refreshExpiresAt, ...token } = await app.auth.signIn(person, {
      ip: '192.0.2.1',
      userAgent: 'Firefox',
      ...(device === undefined ? {} : { device }),
    });
    if (refreshToken === undefined || refreshExpiresAt === undefined) throw new Error('no pair');
    return { ...token, refreshToken, refreshExpiresAt };
  };
  return {
    ...app,
    signIn,
    newcomer: async (person) => {
      const added = await app.addPerson(person);
      return { person: added, pair: await signIn(added) };
    },
    age: async (sessionId, ms) => {
      const columns = ['created_at', 'last_seen_at', 'idle_expires_at', 'expires_at'];
      columns.push('rotated_at', 'retry_until');
      const earlier = columns.map((column) => `${column} = ${column} - ${ms}`);
      await app.dataSource.query(
        `UPDATE auth_session SET ${earlier.join(', ')} WHERE id = '${sessionId}'`,
      );
    },
    row: async (sessionId) => {
      const rows: Readonly<Record<string, unknown>>[] = await app.dataSource.query(
        `SELECT * FROM auth_session WHERE id = '${sessionId}'`,
      );
      return rows[0] ?? {};
    },
  };
}

/** The code that a refresh, or whatever else, is refused with. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const outcome: unknown = await attempt.then(
    () => ({ code: 'accepted' }),
    (error: unknown) => error,
  );
  return String(Object(outcome).code);
}

/** Whether the refresh tokens look as they should, which nothing relies on. */
export function expectPair(pair: TokenPair, sessionId: string): void {
  expect(pair).toMatchObject({ tokenType: 'Bearer', sessionId });
  expect(pair.refreshToken).toMatch(new RegExp(`^${sessionId}\\.[\\w-]{64}$`));
}
