import type { DataSource, ObjectLiteral } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import type { Column } from '../database/database.js';
import type { Policy } from '../decision/policy.js';
import type { WatchSource } from '../log/triggers/watch-plan.js';
import { roleReader } from '../users/role-source.js';
import type { UserModel } from '../users/user.settings.js';
import type { Problems } from '../validation/problems.js';
import type { AuthModuleOptions, JwtOptions } from './auth.options.js';

/**
 * The part of the module's options that decides what is watched. You can pass all options. Secrets are not
 * read, so a migration can run without them.
 */
export type WatchedOptions<User extends ObjectLiteral = ObjectLiteral> = Pick<
  AuthModuleOptions<User>,
  'user' | 'policies' | 'sessions'
> & { readonly jwt?: Pick<JwtOptions<User>, 'deriveKeyFrom'> };

/** What a module with these policies watches. */
export function watchSource(
  problems: Problems,
  dataSource: DataSource,
  user: UserModel,
  { user: { roles, permissions }, policies, deriveKeyFrom, sessions }: Watching,
): WatchSource {
  const { metadata, id } = user;
  return {
    user,
    watched: watchedColumns(problems, user, policies, deriveKeyFrom),
    roleReader: roleReader(problems, adapterOf(dataSource).dialect, metadata, id, roles),
    hasSessions: sessions !== undefined,
    permissions:
      permissions === undefined ? undefined : metadata.findColumnWithPropertyPath(permissions),
  };
}

type Watching = Pick<WatchedOptions, 'user' | 'sessions'> & {
  readonly policies: readonly Policy[];
  readonly deriveKeyFrom: readonly string[] | undefined;
};

/** The columns that policies and derived keys name, each once. */
function watchedColumns(
  problems: Problems,
  user: UserModel,
  policies: readonly Policy[],
  deriveKeyFrom: readonly string[] | undefined,
): readonly Column[] {
  const names = new Map<string, string>();
  for (const policy of policies) {
    for (const name of policy.columns ?? []) names.set(name, `policies: "${policy.name}"`);
  }
  for (const name of deriveKeyFrom ?? []) names.set(name, 'jwt.deriveKeyFrom');
  const mapped: readonly unknown[] = Object.values(user.columns);
  return [...names].flatMap(([name, origin]) => {
    const column = user.metadata.findColumnWithPropertyPath(name);
    if (column === undefined || column.isVirtual) {
      // One that is mapped in `user` was reported there.
      if (mapped.includes(name)) return [];
      problems.add(
        `${origin} needs a column "${name}", which ${user.metadata.name} does not have. Give the property name of a column.`,
      );
      return [];
    }
    return [column];
  });
}
