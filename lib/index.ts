// Set up: the module and its options.
export { AuthModule } from './module/auth.module.js';
export type {
  AuthModuleAsyncOptions,
  AuthModuleExtras,
  AuthModuleOptions,
  AuthOptionsFactory,
  JwtOptions,
} from './options/auth.options.js';
export type { AmbientManager } from './database/open-transaction.js';
export type {
  RoleRelationSource,
  RoleSource,
  RoleTableSource,
  UserOptions,
} from './users/user.options.js';
export type { PropertyPath, RelationPath } from './users/property-path.js';
export type { RoleOptions } from './decision/role-hierarchy.js';
export type { FreshnessOptions, StrictOptions } from './freshness/freshness.settings.js';
export type { RedisConnection, RedisTemplate } from './freshness/wake-up/redis.wake-up.js';
export type { SessionOptions } from './sessions/session.settings.js';
export type { CookieOptions, FormerCookie } from './transport/cookie.settings.js';
export type { TokenLocation } from './transport/token-location.settings.js';
export type { AdminRouteOptions, RouteOptions } from './routes/session/session-routes.js';
export type { MetadataOptions } from './routes/metadata/identifiers.js';
export type { OAuthOptions } from './routes/oauth/oauth.settings.js';
export type { OAuthClient } from './routes/oauth/clients.js';
export type {
  AdoptOptions,
  Algorithm,
  KeyOptions,
  KeyProvider,
  RenewalOptions,
  VerifiedTokenCacheOptions,
} from './tokens/jwt.options.js';
export {
  type ClaimType,
  type ClaimTypes,
  type ClaimValues,
  CustomClaims,
} from './tokens/custom-claims.js';
export type { Duration } from './validation/duration.js';

// Inject a service of an AuthModule that has a realm of its own.
export { authToken } from './injection.js';

// Create the tables and triggers.
export { AUTH_ENTITIES } from './database/tables.js';
export { type AuthMigrationOptions, createAuthMigration } from './migration/migration.js';
export type { WatchMigrationOptions } from './migration/auth-triggers.js';

// Sign in and hand out tokens.
export { AuthService } from './auth/auth.service.js';
export type { SignInContext } from './sessions/session-opening.js';
export type { IssuedToken } from './tokens/token-issuer.js';
export type { TokenAnswer } from './transport/token-answer.js';
export type { HttpResponse } from './transport/auth-request.js';

// Protect routes, and read who is signed in.
export { JwtAuthGuard } from './guards/jwt-auth.guard.js';
export { JwtRolesGuard } from './guards/jwt-roles.guard.js';
export { RolesGuard } from './guards/roles.guard.js';
export { CurrentUser } from './decorators/current-user.decorator.js';
export { EnforcesRoles } from './decorators/enforces-roles.decorator.js';
export { ForgetToken } from './decorators/forget-token.decorator.js';
export {
  AllRoles,
  FreshAuth,
  Freshness,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from './decorators/access.decorators.js';
export type { AccessRule } from './decision/access.js';
export type { Principal } from './decision/principal.js';
export { RoleHierarchy } from './decision/role-hierarchy.js';

// Authenticate outside of a guard, or on a transport of your own.
export { Authenticator } from './transport/authenticator.js';
export type { AuthRequest } from './transport/auth-request.js';
export type { ExtractedToken, TokenSource } from './transport/token-source.js';
export { AuthTransport } from './transport/transport.js';
export { registerTransport } from './transport/transports.js';
export { JwtStrategy } from './passport/jwt.strategy.js';

// Revoke.
export { RevocationService } from './revocation/revocation.service.js';
export type { RevokeOptions, RevokeUntilOptions } from './log/revoke-options.js';

// Refresh, list and end sessions.
export { SessionService } from './sessions/session.service.js';
export type { SessionContext } from './sessions/client-info.js';
export type { SessionInfo } from './sessions/session-list.js';
export type { TokenPair } from './sessions/refresh-token.js';

// Rotate and withdraw keys.
export {
  type KeyInfo,
  KeyService,
  type PublicKeySet,
  type WithdrawOptions,
} from './auth/key.service.js';

export { passphrase } from './tokens/keys/passphrase.js';

// Choose what revokes a token: the library's policies.
export { accountStatus } from './decision/policies/account-status.js';
export { boundTo } from './decision/policies/bound-to.js';
export { denylist } from './decision/policies/denylist.js';
export { issuedAfter } from './decision/policies/issued-after.js';
export { latestSignIn } from './decision/policies/latest-sign-in.js';
export { session } from './decision/policies/session.js';
export { tokenVersion } from './decision/policies/token-version.js';

// Write a policy of your own, and test it without a database.
export {
  type Policy,
  PolicyConfigurationError,
  type PolicyFactory,
  type StampType,
  type StampTypes,
  type StampValue,
  type UserColumns,
} from './decision/policy.js';
export type {
  AuthState,
  Denial,
  DeploymentKey,
  DeploymentState,
  PresentState,
  SubjectState,
} from './decision/auth-state.js';
export type { Claims } from './decision/claims.js';
export { decide } from './decision/decide.js';
export {
  type DecisionCode,
  Refusal,
  type RefusalCode,
  type TokenCode,
} from './decision/refusal.js';

// Handle errors: AuthErrorCode is every code, AuthException every answer that refuses a request.
export {
  AuthConfigurationError,
  type AuthErrorCode,
  ForeignClaimsError,
  KeyRingError,
} from './errors/auth.errors.js';
export {
  InvalidArgumentError,
  InvalidTokenError,
  NotConfiguredError,
  RevocationError,
  type RevocationErrorCode,
  UnknownUserError,
} from './errors/revocation.errors.js';
export {
  InvalidClaimsError,
  InvalidContextError,
  InvalidStampError,
  InvalidTransactionError,
  InvalidUserError,
  SignInError,
  type SignInErrorCode,
  TokenTooLongError,
} from './errors/sign-in.errors.js';
export {
  AuthDatabaseError,
  type AuthDatabaseErrorCode,
  AuthTimeoutError,
} from './errors/database.errors.js';
export {
  AuthenticationRefusedException,
  AuthException,
  type AuthExceptionCode,
  AuthUnavailableException,
  CrossSiteRequestException,
  FreshAuthRequiredException,
  InsufficientRoleException,
  InvalidRequestException,
  type RefusalBody,
  ResourceNotFoundException,
  SessionLimitException,
} from './errors/auth.exceptions.js';

// Audit: a stream of what happened.
export { AuthEvents } from './events/auth-events.js';
export type {
  AuthEvent,
  KeysChanged,
  KeysFailed,
  KeyWithdrawn,
  RefreshRefused,
  RefreshReused,
  Revoked,
  RolesChanged,
  SessionEnded,
  SessionRefreshed,
  SessionStarted,
  SignedIn,
  SignInFailed,
  SignInFailure,
  TokenIssued,
  TokenRefused,
} from './events/auth-event.js';

// Monitor: health, and how fresh decisions are.
export {
  type AuthHealth,
  AuthHealthIndicator,
  type AuthHealthOptions,
  type AuthHealthResult,
} from './health/auth-health.indicator.js';
export { FreshnessMonitor, type FreshnessStatus } from './freshness/freshness.js';
