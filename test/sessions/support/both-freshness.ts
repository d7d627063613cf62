import type { AuthModuleOptions } from 'nestjs-revocable-jwt';
import { authOptions } from '../../support/auth-app.js';
import type { Answer } from '../../support/http.js';
import type { DatabaseKind, TestDatabase } from '../../support/databases.js';
import { watchedDatabase } from '../../support/watched-database.js';
import { type SessionApp, startSessionApp } from './session-app.js';

/** One database with triggers, and a process of each freshness on it. */
export interface BothFreshness {
  readonly database: TestDatabase;
  readonly options: AuthModuleOptions;
  readonly strict: SessionApp;
  readonly tracked: SessionApp;
  /** What each of them answers to a token, the tracked one after its bound. */
  answers(accessToken: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

const BOUND_MS = 300;

export async function bothFreshness(
  kind: DatabaseKind,
  auth: Partial<AuthModuleOptions> = {},
): Promise<BothFreshness> {
  const options = authOptions({ auth: { sessions: {}, ...auth } });
  const database = await watchedDatabase(kind, options);
  const given = { database, synchronize: false, jwt: options.jwt, sessions: options.sessions };
  const strict = await startSessionApp({ ...given, auth: options });
  const tracked = await startSessionApp({
    ...given,
    auth: { ...options, freshness: { mode: 'tracked', maxStaleness: BOUND_MS } },
  });
  return {
    database,
    options,
    strict,
    tracked,
    async answers(accessToken) {
      await new Promise((resolve) => setTimeout(resolve, BOUND_MS));
      const both = await Promise.all([strict, tracked].map((app) => app.whoami(accessToken)));
      return both.map(saidBy);
    },
    async close() {
      await strict.close();
      await tracked.close();
      await database.drop();
    },
  };
}

function saidBy({ status, body }: Answer): string {
  return status === 200 ? 'accepted' : String(Object(body).code);
}
