import { AuthService } from '../auth/auth.service.js';
import { KeyService } from '../auth/key.service.js';
import { RequestAuthenticator } from '../auth/request-authenticator.js';
import { RequestObserver } from '../auth/request-observer.js';
import { SignIn } from '../auth/sign-in.js';
import { WithdrawnKeys } from '../auth/withdrawn-keys.js';
import { FreshnessMonitor } from '../freshness/freshness.js';
import { AuthHealthIndicator } from '../health/auth-health.indicator.js';
import { RenewalInterceptor } from '../interceptors/renewal.interceptor.js';
import { AfterCommit } from '../log/after-commit.js';
import { RevocationTransaction } from '../log/revocation-transaction.js';
import { JwtStrategy } from '../passport/jwt.strategy.js';
import { ActivePolicies } from '../revocation/active-policies.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { resourceMetadataUrl } from '../routes/metadata/identifiers.js';
import { MetadataService } from '../routes/metadata/metadata.service.js';
import { OAuthClients } from '../routes/oauth/clients.js';
import { OAuthService } from '../routes/oauth/oauth.service.js';
import { TokenEndpoint } from '../routes/oauth/token-endpoint.js';
import { LogoutService } from '../routes/session/logout.service.js';
import { RefreshTransport } from '../routes/session/refresh-transport.js';
import { SessionOpening } from '../sessions/session-opening.js';
import type { SessionParts } from '../sessions/session-parts.js';
import { SessionReport } from '../sessions/session-report.js';
import { SessionService } from '../sessions/session.service.js';
import { SignInStamps } from '../sessions/sign-in-stamps.js';
import { requireKeys } from '../tokens/keys/key-source.js';
import { registerCookies } from '../transport/forget-token.interceptor.js';
import { TokenCookies } from '../transport/token-cookies.js';
import { allowsBodies } from '../transport/token-location.settings.js';
import { TokenSource } from '../transport/token-source.js';
import type { Foundation } from './foundation.js';

/** The services of one AuthModule. */
export function makeServices(on: Foundation) {
  const { realm, identifiers, metadata, settings, events, metrics } = on;
  const { freshness, database, query, log, issuer, verifier, users, ring, refresh } = on;
  const { policies, user, timeoutMs, from } = settings;
  const { renewal } = settings.tokens;
  const cookies = new TokenCookies(settings.cookies, on.refreshPaths);
  const bodies = allowsBodies(from);
  registerCookies(on.host, cookies);
  const source = new TokenSource(from, cookies.origins);
  const authenticator = new RequestAuthenticator({
    realm,
    source,
    cookies,
    verifier,
    decider: freshness.decider,
    strict: freshness.strict,
    context: on.context,
    roles: settings.roles,
    resourceMetadata:
      identifiers && metadata && resourceMetadataUrl(identifiers.resource, metadata.paths),
    observer: new RequestObserver(events, metrics && ((outcome) => metrics.decided(outcome))),
  });
  const afterCommit = new AfterCommit();
  const transaction = new RevocationTransaction({
    database,
    table: log.table,
    transactions: settings.transactions,
    afterCommit,
    events,
    timeoutMs,
    propagation: freshness.propagation,
  });
  const subjectIsReplaceable = user.subject !== user.id && !user.subject.isPrimary;
  const activePolicies = new ActivePolicies(policies, subjectIsReplaceable);
  const revocation = new RevocationService({
    transaction,
    log,
    users,
    verifier,
    policies: activePolicies,
    sessions: settings.sessions && on.sessionTable,
    adopts: settings.tokens.adoption !== undefined,
  });
  const sessionParts = sessionPartsOf(on, transaction);
  const sessions = new SessionService(sessionParts);
  const signIns = new SignIn({
    user,
    watched: settings.watched,
    policies,
    claims: settings.tokens.claims,
    timeoutMs,
    reader: freshness.reader,
    database,
    query,
    users,
    issuer,
    transactions: settings.transactions,
    transaction,
    sessions: sessionParts && new SessionOpening(sessionParts),
  });
  const monitor = new FreshnessMonitor(freshness);
  const auth = new AuthService({
    signIns,
    authenticator,
    issuer,
    reader: freshness.reader,
    renewal,
    sessions: settings.sessions && sessions,
    events,
  });
  return {
    authenticator,
    revocation,
    sessions,
    events,
    monitor,
    afterCommit,
    health: new AuthHealthIndicator(monitor),
    auth,
    renewal:
      renewal &&
      new RenewalInterceptor({
        auth,
        authenticator,
        events,
        renewal,
        from,
        hasSessions: settings.sessions !== undefined,
      }),
    keys: new KeyService({
      ring,
      refresh,
      log,
      transaction,
      withdrawn: new WithdrawnKeys(database, log.table, timeoutMs),
      usable: (list) => requireKeys(list, settings.tokens.deriveKeyFrom.length > 0),
    }),
    oauth: new OAuthService({
      clients: new OAuthClients(settings.oauthClients),
      authenticator,
      revocation,
      sessions,
      tokens: settings.tokens,
    }),
    logout: new LogoutService({
      sessions,
      revocation,
      policies: activePolicies,
      verifier,
      authenticator,
      source,
      from,
      cookies,
    }),
    refreshTransport: new RefreshTransport({ cookies, bodies, sessions }),
    tokenEndpoint: new TokenEndpoint({ sessions, bodies }),
    metadata:
      identifiers &&
      new MetadataService({ identifiers, endpoints: on.endpoints, from, refreshes: bodies }),
    strategy: new JwtStrategy(authenticator),
  };
}
export type Services = ReturnType<typeof makeServices>;

/** `undefined`: the options have no `sessions`. */
function sessionPartsOf(
  on: Foundation,
  transaction: RevocationTransaction,
): SessionParts | undefined {
  const { realm, settings, database, query, log, users, issuer, events } = on;
  const { policies, policySet, tokens, timeoutMs } = settings;
  const { deriveKeyFrom, claims: custom } = tokens;
  return (
    settings.sessions && {
      settings: settings.sessions,
      timeoutMs,
      database,
      table: on.sessionTable,
      query,
      users,
      stamps: new SignInStamps({ realm, policies, policySet, deriveKeyFrom, custom }),
      issuer,
      log,
      transaction,
      transactions: settings.transactions,
      propagation: on.freshness.propagation,
      report: new SessionReport(events),
    }
  );
}
