/**
 * The rooms of lib/, floor by floor from the top, and what each owns. A file imports from its own floor or
 * from a lower one, never from a higher one: `npm run check:rooms` (.dependency-cruiser.mjs) holds that rule.
 * `npm run docs:diagrams` draws this list and writes it into docs/architecture.md.
 */
export const FLOORS = [
  { 'index.ts': 'the public names' },
  {
    module: '`AuthModule`: its wiring, and the checks at boot',
    cli: 'the commands of `npx nestjs-revocable-jwt`',
  },
  { migration: '`createAuthMigration()`: tables, columns and triggers' },
  { options: '`AuthModuleOptions`, composed of the options of the rooms below' },
  {
    routes: 'the endpoints that the library serves: sessions, OAuth, JWKS',
    passport: 'the strategy behind `AuthGuard()` of @nestjs/passport',
    interceptors: 'what is added to answers: renewed tokens, cache headers',
  },
  { auth: 'the use cases: sign in, authenticate a request, renew, manage keys' },
  {
    guards: 'who is let in, and the check of all routes at boot',
    decorators: '`@Public()`, `@Roles()`, `@CurrentUser()` and the others',
  },
  {
    revocation: '`RevocationService`: revoke tokens, sessions, users',
    sessions: 'sessions on devices and their refresh tokens',
  },
  {
    telemetry: 'metrics for OpenTelemetry',
    health: 'the indicator for @nestjs/terminus',
  },
  {
    transport:
      'from an execution context to a token, and back to an answer: headers, cookies, origins',
  },
  { freshness: 'how new the state behind a decision is: strict, tracked, wake-ups, processes' },
  { tokens: 'access tokens and keys: verify, issue, rotate' },
  { log: 'the revocation log: append, number, read on, purge; what the triggers watch' },
  { users: 'the mapped user entity: columns, roles, subject' },
  { database: 'connections and tables; one folder per dialect with its SQL and its triggers' },
  {
    errors: 'exceptions and errors, each with a code',
    events: 'the audit stream',
    validation: 'durations, and the list of problems at boot',
    'injection.ts': 'the injection tokens of a realm',
  },
  {
    decision: 'the pure middle: policies, roles and `decide()`; imports nothing but its own files',
  },
];
