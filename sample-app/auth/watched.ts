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
 * What tokens are judged by. The module is given it, and so is the migration that makes the triggers,
 * so that they watch exactly what counts. Every technique but `latestSignIn()`, since an account may
 * have several sessions.
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
    // Ids and subjects are random UUIDs, which no second account is ever given.
    createdAt: false,
  },
  // How long they live is the environment's to say.
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
