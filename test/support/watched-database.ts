import type { Type } from '@nestjs/common';
import { AUTH_ENTITIES, type AuthModuleOptions, createAuthMigration } from 'nestjs-revocable-jwt';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './databases.js';
import { Person } from './person.entity.js';

/** A database with the person's table, the library's, and the triggers that these options need. */
export async function watchedDatabase(
  kind: DatabaseKind,
  options: AuthModuleOptions,
  entities: readonly Type[] = [],
): Promise<TestDatabase> {
  const database = await createTestDatabase(kind);
  const dataSource = await database.connect({
    entities: [Person, ...AUTH_ENTITIES, ...entities],
    synchronize: true,
  });
  await watch(dataSource, options);
  await dataSource.destroy();
  return database;
}

/** Installs the triggers that these options need. */
export async function watch(
  dataSource: Awaited<ReturnType<TestDatabase['connect']>>,
  options: AuthModuleOptions,
): Promise<void> {
  const Watch = createAuthMigration({ tables: false, watch: { options } });
  const runner = dataSource.createQueryRunner();
  try {
    await new Watch().up(runner);
  } finally {
    await runner.release();
  }
}
