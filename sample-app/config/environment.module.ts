import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from './environment.js';

/** The injection token of the {@link Environment}. */
export const ENVIRONMENT = Symbol('environment');

/** Provides the validated environment. */
@Module({})
export class EnvironmentModule {
  static of(environment: Environment): DynamicModule {
    const provider = { provide: ENVIRONMENT, useValue: environment };
    return {
      module: EnvironmentModule,
      global: true,
      providers: [provider],
      exports: [provider],
    };
  }
}
