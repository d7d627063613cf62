import type { DataSource } from 'typeorm';
import { type AuthModuleOptions, EXTRAS, type JwtOptions } from './auth.options.js';
import type { Policy } from '../decision/policy.js';
import { RoleHierarchy, type RoleOptions } from '../decision/role-hierarchy.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { type OpenTransaction, openTransaction } from '../database/open-transaction.js';
import { type SessionSettings, sessionSettings } from '../sessions/session.settings.js';
import { TOKEN_OPTIONS, type TokenSettings, tokenSettings } from '../tokens/token.settings.js';
import type { OAuthClient } from '../routes/oauth/clients.js';
import { type CookieSettings, cookieSettings } from '../transport/cookie.settings.js';
import { type TokenLocation, tokenLocation } from '../transport/token-location.settings.js';
import { duration } from '../validation/duration.js';
import {
  type FreshnessSettings,
  freshnessSettings,
  type StrictOptions,
} from '../freshness/freshness.settings.js';
import { oauthClients } from '../routes/oauth/oauth.settings.js';
import { adoptingPolicies } from '../tokens/adoption.settings.js';
import { activePolicies, policySetOf } from './policy.settings.js';
import { Problems } from '../validation/problems.js';
import { userModel } from '../users/user.settings.js';
import type { WatchSource } from '../log/triggers/watch-plan.js';
import { watchSource } from './watched.js';

/** The options of one AuthModule, validated and with their defaults. */
export interface Settings extends WatchSource {
  readonly tokens: TokenSettings;
  /** Where requests carry access tokens. */
  readonly from: TokenLocation;
  readonly policies: readonly Policy[];
  /** The name of the policies and their columns, which tokens carry. */
  readonly policySet: string;
  readonly roles: RoleHierarchy;
  readonly timeoutMs: number;
  /** Finds the transaction of a caller. */
  readonly transactions: OpenTransaction;
  readonly oauthClients: readonly OAuthClient[];
  readonly freshness: FreshnessSettings;
  /** `undefined`: no sessions. */
  readonly sessions: SessionSettings | undefined;
  readonly cookies: CookieSettings;
}

/** Options that are objects of options. */
const GROUPS = {
  jwt: true,
  user: true,
  roles: true,
  renewal: true,
  sessions: true,
  cookies: true,
  strict: true,
  freshness: true,
  oauth: true,
} as const satisfies Record<keyof Omit<AuthModuleOptions, 'policies' | 'manager'>, true>;
const OPTIONS = { ...GROUPS, policies: true, manager: true } as const;
/** Options that a factory must not return, and another word for the realm. */
const NOT_OPTIONS = {
  ...Object.fromEntries(Object.keys(EXTRAS).map((name) => [name, 'it beside the factory'])),
  name: 'realm',
};
const REQUIRED: readonly string[] = ['jwt', 'user'];

/**
 * Validates everything at once.
 *
 * @throws AuthConfigurationError that lists every problem, each with what to do
 */
export function settingsOf(options: AuthModuleOptions, dataSource: DataSource): Settings {
  const problems = new Problems();
  if (!problems.requireGroup('options', options)) throw new AuthConfigurationError(problems.list);
  problems.unknown<AuthModuleOptions>('options', options, OPTIONS, NOT_OPTIONS);
  const given = (name: string): unknown => Reflect.get(options, name);
  const groups = Object.keys(GROUPS).filter(
    (name) => REQUIRED.includes(name) || given(name) !== undefined,
  );
  // Nothing can be read from a group that is not an object.
  if (groups.filter((name) => !problems.requireGroup(name, given(name))).length > 0) {
    throw new AuthConfigurationError(problems.list);
  }

  problems.unknown<JwtOptions>('jwt', options.jwt, { ...TOKEN_OPTIONS, from: true });
  const from = tokenLocation(problems, options.jwt.from);
  const tokens = tokenSettings(problems, options.jwt, options.renewal);
  const user = userModel(problems, dataSource, options.user);
  problems.unknown<RoleOptions>('roles', options.roles ?? {}, {
    hierarchy: true,
    permissions: true,
  });
  for (const problem of RoleHierarchy.problems(options.roles)) problems.add(problem);
  problems.unknown<StrictOptions>('strict', options.strict ?? {}, { timeout: true });
  const timeoutMs = duration(problems, 'strict.timeout', options.strict?.timeout, 2_000, {
    min: 10,
    max: 60_000,
    text: "from '10ms' to '60s'",
  });

  const transactions = openTransaction(problems, dataSource, options.manager);
  const freshness = freshnessSettings(problems, options.freshness);

  const policies =
    user === undefined
      ? []
      : adoptingPolicies(
          problems,
          options.jwt.adopt,
          activePolicies(problems, options.policies, user.columns),
        );
  const sessions =
    options.sessions === undefined
      ? undefined
      : sessionSettings(problems, options.sessions, policies);
  if (
    sessions !== undefined &&
    tokens !== undefined &&
    options.jwt.accessTokenTtl !== undefined &&
    tokens.lifeSeconds * 1_000 > sessions.maxMs
  ) {
    problems.add(
      'jwt.accessTokenTtl: it is longer than sessions.maxTtl, so every token would end before. Make it shorter.',
    );
  }
  const cookies = cookieSettings(problems, options.cookies, from.cookie, sessions !== undefined);
  const deniesTokens = policies.some(({ denies }) => denies === 'token');
  const clients = oauthClients(problems, options.oauth, user === undefined || deniesTokens);
  const watched =
    user &&
    watchSource(problems, dataSource, user, {
      ...options,
      policies,
      deriveKeyFrom: tokens?.deriveKeyFrom,
    });
  if (problems.list.length > 0 || !tokens || !user || !watched) {
    throw new AuthConfigurationError(problems.list);
  }
  return {
    tokens,
    from,
    policies,
    policySet: policySetOf(policies, {
      ...user.columns,
      roles: options.user.roles,
      permissions: options.user.permissions,
    }),
    ...watched,
    roles: new RoleHierarchy(options.roles),
    timeoutMs,
    transactions,
    oauthClients: clients,
    freshness,
    sessions,
    cookies,
  };
}
