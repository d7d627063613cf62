import { createAuthMigration } from 'nestjs-revocable-jwt';

/** What makes tokens revocable: the library's tables, and columns on the users that exist already. */
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
