/** Modules that are loaded while the application runs. */
import { Inject, Injectable, Module } from '@nestjs/common';
import { APP_FILTER, LazyModuleLoader } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AuthConfigurationError,
  AuthModule,
  AuthService,
  RevocationService,
} from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS } from '../support/http.js';

@Injectable()
class Reports {
  constructor(
    @Inject(AuthService) readonly auth: AuthService,
    @Inject(RevocationService) readonly revocation: RevocationService,
  ) {}
}

@Module({
  // A filter that comes so late is asked for nothing, by Nest's own rule.
  providers: [Reports, { provide: APP_FILTER, useValue: { catch: () => expect.unreachable() } }],
})
class ReportsModule {}

describe.each(ADAPTERS)('modules loaded late on %s', (adapter) => {
  let app: AuthApp;
  afterEach(() => app.close());

  it('of the application get the services of the existing AuthModule', async () => {
    app = await startAuthApp({ adapter });
    const reports = await app.app.get(LazyModuleLoader).load(() => ReportsModule);
    const { auth, revocation } = reports.get(Reports);
    expect(auth).toBe(app.auth);
    const alice = await app.addPerson();
    const { accessToken } = await auth.signIn(alice);
    await revocation.revokeUser(alice.id);
    expect(await app.whoami(accessToken)).toMatchObject({ status: 401 });
  });

  it('cannot be an AuthModule, because nothing would guard its routes', async () => {
    app = await startAuthApp({ adapter });
    const late = AuthModule.forRoot({ ...authOptions(), realm: 'late', globalGuard: true });
    const error: unknown = await app.app
      .get(LazyModuleLoader)
      .load(() => late)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuthConfigurationError);
    expect(String(error)).toContain('LazyModuleLoader');
  });
});
