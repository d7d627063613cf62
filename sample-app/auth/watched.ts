import {
  accountStatus,
  type AuthModuleOptions,
  boundTo,
  denylist,
  issuedAfter,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { User } from '../users/user.entity.js';

/**
 * The columns and policies that decide on tokens. The module gets these options, and so does the migration that
 * creates the triggers, so the triggers watch the right columns. All policies of the library are here except
 * `latestSignIn()`, because an account may have several sessions.
 */
export const WATCHED: Pick<AuthModuleOptions<User>, 'user' | 'policies' | 'sessions'> = {
  user: {
    entity: User,
    subject: 'subject',
    status: 'status',
    activeStatuses: ['active'],
    suspendedStatuses: ['suspended'],
    suspendedUntil: 'suspendedUntil',
    tokenVersion: 'tokenVersion',
    roles: 'roles',
    // Ids and subjects are random UUIDs. No second account ever gets one of them.
    createdAt: false,
  },
  // The environment sets their lifetimes.
  sessions: {},
  policies: [
    accountStatus(),
    tokenVersion(),
    denylist(),
    session(),
    issuedAfter(),
    boundTo('passwordHash'),
  ],
};
