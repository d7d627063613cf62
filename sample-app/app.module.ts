import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { EventsController } from './admin/events.controller.js';
import { RevocationsController } from './admin/revocations.controller.js';
import { UserAdministration } from './admin/user-administration.js';
import { UsersController } from './admin/users.controller.js';
import { ArticlesController } from './articles/articles.controller.js';
import { AuditTrail } from './audit/audit-trail.js';
import { AuthController } from './auth/auth.controller.js';
import { authOptions } from './auth/auth-options.js';
import { LoginLimits } from './auth/login-limits.js';
import { SignIn } from './auth/sign-in.js';
import { EnvironmentModule } from './config/environment.module.js';
import type { Environment } from './config/environment.js';
import { ConsoleController } from './console/console.controller.js';
import { Transactions } from './database/transactions.js';
import { HealthController } from './health/health.controller.js';
import { ErrorAnswerFilter } from './http/error-answer.filter.js';
import { validationPipe } from './http/validation.js';
import { Accounts } from './users/accounts.js';
import { FirstAccounts } from './users/first-accounts.js';
import { MeController } from './users/me.controller.js';
import { Passwords } from './users/passwords.js';

/** The application: one module, because its parts are small and all of them use accounts. */
@Module({
  controllers: [
    AuthController,
    MeController,
    ArticlesController,
    UsersController,
    RevocationsController,
    EventsController,
    HealthController,
    ConsoleController,
  ],
  providers: [
    Transactions,
    Passwords,
    Accounts,
    FirstAccounts,
    AuditTrail,
    LoginLimits,
    SignIn,
    UserAdministration,
    { provide: APP_FILTER, useClass: ErrorAnswerFilter },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class AppModule {
  /** @param dataSource connected, after its migrations */
  static of(environment: Environment, dataSource: DataSource): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EnvironmentModule.of(environment),
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...dataSource.options, retryAttempts: 1 }),
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        AuthModule.forRoot(authOptions(environment)),
        TerminusModule.forRoot({ logger: false }),
      ],
    };
  }
}
