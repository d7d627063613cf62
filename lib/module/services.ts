import { AuthService } from '../auth/auth.service.js';
import type { AuthEvents } from '../events/auth-events.js';
import { RequestObserver } from '../auth/request-observer.js';
import type { Freshness } from '../freshness/freshness.js';
import { requireKeys } from '../tokens/keys/key-source.js';
import type { Settings } from '../options/settings.js';
import { JwtStrategy } from '../passport/jwt.strategy.js';
import type { AfterCommit } from '../log/after-commit.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { RevocationTransaction } from '../log/revocation-transaction.js';
import { ActivePolicies } from '../revocation/active-policies.js';
import { UserTable } from '../users/user-table.js';
import { OAuthClients } from '../routes/oauth/clients.js';
import { OAuthService } from '../routes/oauth/oauth.service.js';
import { LogoutService } from '../routes/session/logout.service.js';
import { RefreshTransport } from '../routes/session/refresh-transport.js';
import { assembleSessions } from './assemble-sessions.js';
import { SessionReport } from '../sessions/session-report.js';
import type { SessionService } from '../sessions/session.service.js';
import type { AuthMetrics } from '../telemetry/auth-metrics.js';
import { KeyService } from '../auth/key.service.js';
import { WithdrawnKeys } from '../auth/withdrawn-keys.js';
import { RequestAuthenticator } from '../auth/request-authenticator.js';
import { SignIn } from '../auth/sign-in.js';
import { TokenCookies } from '../transport/token-cookies.js';
import { TokenSource } from '../transport/token-source.js';
import type { Storage } from './storage.js';
import type { TokenParts } from './tokens.js';

/** What an instance of the module gives to the application. */
export interface Services {
  readonly authenticator: RequestAuthenticator;
  readonly auth: AuthService;
  readonly revocation: RevocationService;
  readonly keys: KeyService;
  readonly sessions: SessionService;
  readonly oauth: OAuthService;
  readonly logout: LogoutService;
  readonly refreshTransport: RefreshTransport;
  readonly strategy: JwtStrategy;
}

/** What the services stand on. */
export interface Foundation {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly tokens: TokenParts;
  readonly freshness: Freshness;
  readonly events: AuthEvents;
  readonly metrics: AuthMetrics | undefined;
  readonly afterCommit: AfterCommit;
  /** Where browsers see the library's refresh route; asked for once the application listens. */
  readonly refreshPath: () => string;
}

/** Puts the services together. */
export function assembleServices(on: Foundation): Services {
  const { settings, storage, events } = on;
  const { policies, user, tokens: tokenSettings } = settings;
  const { realm, database, tables, query, log, sessionTable } = storage;
  const { policySet, ring, refresh, issuer, verifier } = on.tokens;
  const { propagation: reach, reader } = on.freshness;

  const transport = transportOf(on);
  const authenticator = requestAuthenticator(on, transport);
  const users = new UserTable(database.dialect, user);
  const store = new RevocationTransaction(
    database,
    on.afterCommit,
    events,
    settings.timeoutMs,
    reach,
  );
  const report = new SessionReport(events);
  const sessions = assembleSessions({
    database,
    settings,
    realm,
    policySet,
    query,
    table: sessionTable,
    users,
    issuer,
    log,
    store,
    reach,
    report,
  });
  const subjectIsReplaceable = user.subject !== user.id && !user.subject.isPrimary;
  const techniques = new ActivePolicies(policies, subjectIsReplaceable);
  const revocation = new RevocationService(
    store,
    log,
    users,
    verifier,
    techniques,
    reach,
    settings.sessions && sessionTable,
    settings.tokens.adoption !== undefined,
  );
  return {
    authenticator,
    revocation,
    sessions: sessions.service,
    auth: new AuthService(
      new SignIn(settings, reader, database, query, users, issuer, sessions.opening),
      authenticator,
      issuer,
      reader,
      tokenSettings.renewal,
      events,
      report,
      settings.sessions && sessions.service,
    ),
    keys: new KeyService({
      ring,
      refresh,
      log,
      store,
      withdrawn: new WithdrawnKeys(database, { tables, realm }, settings.timeoutMs),
      usable: (list) => requireKeys(list, tokenSettings.deriveKeyFrom.length > 0),
    }),
    oauth: new OAuthService({
      clients: new OAuthClients(settings.oauthClients),
      authenticator,
      revocation,
      sessions: sessions.service,
      tokens: tokenSettings,
    }),
    logout: new LogoutService({ sessions: sessions.service, revocation, policies: techniques }),
    refreshTransport: new RefreshTransport(transport),
    strategy: new JwtStrategy(authenticator),
  };
}

/** How requests and answers carry tokens. */
interface Transport {
  readonly cookies: TokenCookies;
  readonly source: TokenSource;
  readonly bodies: boolean;
}

function transportOf({ settings, refreshPath }: Foundation): Transport {
  const cookies = new TokenCookies(settings.cookies, refreshPath);
  const { from } = settings.tokens;
  const bodies = from.header === true;
  return { cookies, source: new TokenSource(from, cookies.origins), bodies };
}

function requestAuthenticator(on: Foundation, transport: Transport): RequestAuthenticator {
  const { settings, storage, freshness, metrics } = on;
  const judging = { policies: settings.policies, subjects: settings.user.subjects };
  return new RequestAuthenticator({
    realm: storage.realm,
    source: transport.source,
    cookies: transport.cookies,
    verifier: on.tokens.verifier,
    decider: freshness.decider,
    strict: freshness.strict,
    judging,
    roles: settings.roles,
    observer: new RequestObserver(on.events, metrics && ((outcome) => metrics.decided(outcome))),
  });
}
