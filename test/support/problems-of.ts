/** What is wrong with options, as the one error at boot lists it. */
import { AuthConfigurationError, type AuthModuleOptions } from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { settingsOf } from '../../lib/options/settings.js';
import { authOptions } from './auth-app.js';
import { Person } from './person.entity.js';

/** Options as a program without a compiler may give them. */
export type Loose = Readonly<Record<string, unknown>>;

/** A DataSource that knows these entities. */
export function knowing(...entities: NonNullable<unknown>[]): Promise<DataSource> {
  return new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [Person, ...entities.filter((entity) => typeof entity === 'function')],
  }).initialize();
}

/** Each problem of these options; none for options that are good. */
export function problemsOf(options: AuthModuleOptions, dataSource: DataSource): readonly string[] {
  try {
    settingsOf(options, dataSource);
    return [];
  } catch (error) {
    if (error instanceof AuthConfigurationError) return error.problems;
    throw error;
  }
}

/** Good options, with some of one group replaced. */
export function withJwt(changes: Loose): AuthModuleOptions {
  const good = authOptions();
  return { ...good, jwt: Object.assign({}, good.jwt, changes) };
}

export function withUser(changes: Loose): AuthModuleOptions {
  const good = authOptions();
  return { ...good, user: Object.assign({}, good.user, changes) };
}

export function withOptions(changes: Loose): AuthModuleOptions {
  return Object.assign({}, authOptions(), changes);
}
