import {
  accountStatus,
  type AuthModuleExtras,
  type AuthModuleOptions,
  boundTo,
  denylist,
  issuedAfter,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import type { Environment } from '../config/environment.js';
import { User } from '../users/user.entity.js';

/** How the library is used here: with every technique but `latestSignIn()`, since an account may have several sessions. */
export function authOptions(environment: Environment): AuthModuleOptions<User> & AuthModuleExtras {
  const { signingKey, accessTokenTtl } = environment;
  return {
    jwt: {
      ...(signingKey.algorithm === 'HS256'
        ? { secret: signingKey.secret }
        : { privateKey: signingKey.privateKey, algorithm: signingKey.algorithm }),
      issuer: 'sample-app',
      audience: 'sample-app',
      accessTokenTtl,
      // One clock issues: the database's. What expires is over when it says so.
      clockTolerance: 0,
    },
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
      birth: false,
    },
    policies: [
      accountStatus(),
      tokenVersion(),
      denylist(),
      session(),
      issuedAfter(),
      boundTo('passwordHash'),
    ],
    roles: { hierarchy: { admin: ['editor'], editor: ['user'] } },
    // Every route needs a token unless it is @Public().
    globalGuard: true,
  };
}
