import {
  accountStatus,
  AUTH_ENTITIES,
  type AuthModuleOptions,
  createAuthMigration,
  denylist,
  issuedAfter,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { USERS, VICTIMS } from './server.js';
import { User } from './user.entity.js';

/** What the library looks at: its default policies on an entity that has a status and a version. */
export const WATCHED = {
  user: { entity: User, status: 'status', tokenVersion: 'tokenVersion', roles: 'roles' },
  policies: [accountStatus(), tokenVersion(), denylist(), session(), issuedAfter()],
} satisfies Pick<AuthModuleOptions<User>, 'user' | 'policies'>;

export class AddAuth1764000000000 extends createAuthMigration({ watch: { options: WATCHED } }) {}

/** `sqlite:FILE` or `postgres://…`. */
export function optionsOf(url: string): DataSourceOptions {
  const shared = { entities: [User, ...AUTH_ENTITIES], migrations: [AddAuth1764000000000] };
  return url.startsWith('sqlite:')
    ? { type: 'better-sqlite3', database: url.slice('sqlite:'.length), ...shared }
    : { type: 'postgres', url, connectTimeoutMS: 5_000, ...shared };
}

export function openDatabase(url: string): Promise<DataSource> {
  return new DataSource(optionsOf(url)).initialize();
}

/** Tables, triggers and users, in a database that is empty. */
export async function fillDatabase(url: string): Promise<void> {
  const users = await new DataSource({ ...optionsOf(url), entities: [User] }).initialize();
  await users.synchronize();
  await users.destroy();
  const dataSource = await openDatabase(url);
  await dataSource.runMigrations();
  const repository = dataSource.getRepository(User);
  await repository.save(
    Array.from({ length: USERS + VICTIMS }, (_, index) =>
      repository.create({
        id: index + 1,
        email: `user-${index + 1}@example.com`,
        passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA',
        roles: ['user'],
      }),
    ),
    { chunk: 100 },
  );
  await dataSource.destroy();
}
