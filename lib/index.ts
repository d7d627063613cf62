export { AuthModule } from './module/auth.module.js';
export type {
  AuthModuleAsyncOptions,
  AuthModuleExtras,
  AuthModuleOptions,
  AuthOptionsFactory,
  JwtOptions,
} from './options/auth.options.js';
export type { RoleOptions } from './decision/role-hierarchy.js';
export type { FreshnessOptions, StrictOptions } from './freshness/freshness.settings.js';
export type { OAuthOptions } from './routes/oauth/oauth.settings.js';
export type { AdminRouteOptions, RouteOptions } from './routes/session/session-routes.js';
export type { SessionOptions } from './sessions/session.settings.js';
export type { RoleSource, UserOptions } from './users/user.options.js';
export type {
  AdoptOptions,
  Algorithm,
  KeyOptions,
  KeyProvider,
  RenewalOptions,
  VerifiedTokenCacheOptions,
} from './tokens/jwt.options.js';
export type { Duration } from './validation/duration.js';
export { AuthService } from './auth/auth.service.js';
export { Authenticator } from './transport/authenticator.js';
export type { AuthRequest } from './transport/auth-request.js';
export type { AccessRule } from './decision/access.js';
export type {
  AuthState,
  Denial,
  DeploymentState,
  PresentState,
  SubjectState,
} from './decision/auth-state.js';
export type { Claims } from './decision/claims.js';
export { decide } from './decision/decide.js';
export { accountStatus } from './decision/policies/account-status.js';
export { boundTo } from './decision/policies/bound-to.js';
export { denylist } from './decision/policies/denylist.js';
export { issuedAfter } from './decision/policies/issued-after.js';
export { latestSignIn } from './decision/policies/latest-sign-in.js';
export { session } from './decision/policies/session.js';
export { tokenVersion } from './decision/policies/token-version.js';
export {
  type Policy,
  PolicyConfigurationError,
  type PolicyFactory,
  type StampType,
  type StampTypes,
  type StampValue,
  type UserColumns,
} from './decision/policy.js';
export type { Principal } from './decision/principal.js';
export {
  type DecisionCode,
  Refusal,
  type RefusalCode,
  type TokenCode,
} from './decision/refusal.js';
export { RoleHierarchy as RoleBook } from './decision/role-hierarchy.js';
export { CurrentUser } from './decorators/current-user.decorator.js';
export { EnforcesRoles } from './decorators/enforces-roles.decorator.js';
export { FreshAuth } from './decorators/fresh-auth.decorator.js';
export { ForgetToken } from './decorators/forget-token.decorator.js';
export { Freshness } from './decorators/freshness.decorator.js';
export { OptionalAuth } from './decorators/optional-auth.decorator.js';
export { Permissions } from './decorators/permissions.decorator.js';
export { Public } from './decorators/public.decorator.js';
export { AllRoles, Roles } from './decorators/roles.decorator.js';
export {
  AuthConfigurationError,
  KeyRingError,
  RevocationError,
  type RevocationErrorCode,
  SignInError,
  type SignInErrorCode,
} from './errors/auth.errors.js';
export {
  AuthenticationRefusedException,
  AuthException,
  AuthUnavailableException,
  CrossSiteRequestException,
  FreshAuthRequiredException,
  InsufficientRoleException,
  InvalidRequestException,
  type RefusalBody,
  ResourceNotFoundException,
  SessionLimitException,
} from './errors/auth.exceptions.js';
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
export { AuthEvents } from './events/auth-events.js';
export { FreshnessMonitor, type FreshnessStatus } from './freshness/freshness.js';
export type { RedisConnection, RedisTemplate } from './freshness/wake-up/redis.wake-up.js';
export {
  type AuthHealth,
  AuthHealthIndicator,
  type AuthHealthOptions,
  type AuthHealthResult,
} from './health/auth-health.indicator.js';
export { JwtAuthGuard } from './guards/jwt-auth.guard.js';
export { JwtRolesGuard } from './guards/jwt-roles.guard.js';
export { RolesGuard } from './guards/roles.guard.js';
export { authToken } from './injection.js';
export { JwtStrategy } from './passport/jwt.strategy.js';
export { RevocationService } from './revocation/revocation.service.js';
export type { RevokeOptions, RevokeUntilOptions } from './log/revoke-options.js';
export type { HttpResponse } from './transport/response-headers.js';
export type { OAuthClient } from './routes/oauth/clients.js';
export type { CookieOptions } from './transport/cookie.settings.js';
export type { TokenAnswer } from './transport/token-answer.js';
export type { TokenLocation } from './transport/token-location.js';
export type { TokenSource } from './transport/token-source.js';
export { Transport } from './transport/transport.js';
export { registerTransport } from './transport/transports.js';
export { AUTH_ENTITIES } from './database/entities.js';
export { type AuthMigrationOptions, createAuthMigration } from './migration/migration.js';
export type { SessionInfo } from './sessions/session-list.js';
export type { SignInContext } from './sessions/session-opening.js';
export { SessionService } from './sessions/session.service.js';
export type { TokenPair } from './sessions/token-pair.js';
export type { SessionContext } from './sessions/client-info.js';
export {
  type KeyInfo,
  KeyService,
  type PublicKeySet,
  type WithdrawOptions,
} from './auth/key.service.js';
export {
  type ClaimType,
  type ClaimTypes,
  type ClaimValues,
  CustomClaims,
} from './tokens/custom-claims.js';
export type { IssuedToken } from './tokens/token-issuer.js';
