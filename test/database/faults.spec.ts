/** Which errors lie in one of the values that a statement was asked for, so that the others are asked again. */
import { expect, it } from 'vitest';
import { mysql } from '../../lib/database/mysql/dialect.js';
import { postgres } from '../../lib/database/postgres/dialect.js';
import { sqlite } from '../../lib/database/sqlite/dialect.js';
import {
  AuthDatabaseError,
  type AuthDatabaseErrorCode,
  AuthTimeoutError,
  ReplicaError,
} from '../../lib/errors/database.errors.js';

const FAULTS: Readonly<Record<AuthDatabaseErrorCode, boolean>> = {
  unreadable: true,
  SQLITE_BUSY: false,
  SQLITE_BUSY_SNAPSHOT: false,
  closed: false,
  replica: false,
  autocommit_off: false,
  state_missing: false,
  unwatched: false,
  not_written: false,
  overloaded: false,
};
const DIALECTS = { mysql, postgres, sqlite };

it.each(Object.entries(DIALECTS))(
  '%s: only an unreadable value concerns one request alone',
  (_, dialect) => {
    const found = Object.keys(FAULTS).map((code) => {
      const error = new AuthDatabaseError('closed', 'It failed.');
      return [code, dialect.isStatementFault(Object.assign(error, { code }))];
    });
    expect(Object.fromEntries(found)).toEqual(FAULTS);
    expect(dialect.isStatementFault(new ReplicaError())).toBe(false);
    expect(dialect.isStatementFault(new AuthTimeoutError())).toBe(false);
    // JSON of the library's own statement that cannot be parsed.
    expect(dialect.isStatementFault(new SyntaxError('Unexpected token'))).toBe(true);
  },
);
