/** Each class of errors has a name and a code of its own, and a row in the documentation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  AuthDatabaseError,
  type AuthDatabaseErrorCode,
  type AuthErrorCode,
  AuthTimeoutError,
  ForeignClaimsError,
  InvalidArgumentError,
  InvalidClaimsError,
  InvalidContextError,
  InvalidStampError,
  InvalidTokenError,
  InvalidTransactionError,
  InvalidUserError,
  NotConfiguredError,
  RevocationError,
  type RevocationErrorCode,
  SignInError,
  type SignInErrorCode,
  TokenTooLongError,
  UnknownUserError,
} from 'nestjs-revocable-jwt';

const REVOCATION: readonly [new (message: string) => RevocationError, RevocationErrorCode][] = [
  [InvalidArgumentError, 'invalid_argument'],
  [InvalidTokenError, 'invalid_token'],
  [UnknownUserError, 'unknown_user'],
  [NotConfiguredError, 'not_configured'],
];
const SIGN_IN: readonly [new (message: string) => SignInError, SignInErrorCode][] = [
  [InvalidUserError, 'invalid_user'],
  [InvalidContextError, 'invalid_context'],
  [InvalidClaimsError, 'invalid_claims'],
  [InvalidTransactionError, 'invalid_transaction'],
  [InvalidStampError, 'invalid_stamp'],
  [TokenTooLongError, 'token_too_long'],
];
/** The compiler requires each code. */
const DATABASE = {
  SQLITE_BUSY: true,
  SQLITE_BUSY_SNAPSHOT: true,
  closed: true,
  replica: true,
  autocommit_off: true,
  state_missing: true,
  unwatched: true,
  unreadable: true,
  not_written: true,
  overloaded: true,
} as const satisfies Record<AuthDatabaseErrorCode, true>;

const page = readFileSync('docs/errors.md', 'utf8');
const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\|/gm)].map(([, name, code]) => [
  name,
  code,
]);

describe.each([
  { base: RevocationError, classes: REVOCATION },
  { base: SignInError, classes: SIGN_IN },
])('$base.name', ({ base, classes }) => {
  it.each<[new (message: string) => Error, string]>(classes)(
    '%o has the code %s',
    (Class, code) => {
      const error = new Class('It failed.');
      expect(error).toBeInstanceOf(base);
      expect(error).toMatchObject({ name: Class.name, code, message: 'It failed.' });
      expect(rows).toContainEqual([Class.name, code]);
    },
  );
});

it.each(Object.keys(DATABASE))('AuthDatabaseError has a row for its code %s', (code) => {
  expect(rows).toContainEqual([AuthDatabaseError.name, code]);
});

it('a timeout and claims of another realm have a code', () => {
  for (const error of [new AuthTimeoutError(), new ForeignClaimsError()]) {
    expect(error.name).toBe(error.constructor.name);
    expect(rows).toContainEqual([error.name, error.code]);
  }
});

it('a code is a literal of its class', () => {
  expectTypeOf<UnknownUserError['code']>().toEqualTypeOf<'unknown_user'>();
  expectTypeOf<TokenTooLongError['code']>().toEqualTypeOf<'token_too_long'>();
  expectTypeOf<
    RevocationErrorCode | SignInErrorCode | AuthDatabaseErrorCode | 'timeout' | 'foreign_claims'
  >().toExtend<AuthErrorCode>();
  expectTypeOf<RevocationErrorCode>().toEqualTypeOf<(typeof REVOCATION)[number][1]>();
});

/** But for the command line, whose errors are printed and reach no program. */
const sources = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && name !== join('errors', 'error-of.ts'),
);

it('the library throws no error without a code', () => {
  expect(sources.length).toBeGreaterThan(100);
  const bare = sources.filter((name) =>
    /new Error\(/.test(readFileSync(join('lib', name), 'utf8')),
  );
  expect(bare).toEqual([]);
});
