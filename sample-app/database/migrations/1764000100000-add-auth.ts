import { createAuthMigration } from 'nestjs-revocable-jwt';

/** Makes tokens revocable: the library's tables, and new columns of the existing users table. */
export class AddAuth1764000100000 extends createAuthMigration({
  name: 'AddAuth1764000100000',
  users: {
    table: 'users',
    add: {
      status: 'status',
      suspendedUntil: 'suspendedUntil',
      tokenVersion: 'tokenVersion',
      subject: 'subject',
    },
  },
}) {}
