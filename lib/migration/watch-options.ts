import type { DataSource, ObjectLiteral } from 'typeorm';
import type { AuthModuleOptions, JwtOptions } from '../options/auth.options.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { roleReader } from '../users/role-source.js';
import { activePolicies } from '../options/policy.settings.js';
import { Problems } from '../validation/problems.js';
import { watchedColumns } from '../options/settings.js';
import { userModel } from '../users/user.settings.js';
import { adapterOf } from '../database/adapters.js';
import type { WatchSource } from '../log/triggers/watch-plan.js';

/**
 * The part of the module's options that decides what is watched. You can pass all options. Secrets are not
 * read, so a migration runs where there are none.
 */
export type WatchedOptions<User extends ObjectLiteral = ObjectLiteral> = Pick<
  AuthModuleOptions<User>,
  'user' | 'policies' | 'sessions'
> & { readonly jwt?: Pick<JwtOptions, 'deriveKeyFrom'> };

/**
 * What a module with these options watches.
 *
 * @throws AuthConfigurationError that lists every problem, each with what to do
 */
export function watchSource(options: WatchedOptions, dataSource: DataSource): WatchSource {
  const problems = new Problems();
  const user = userModel(problems, dataSource, options.user);
  if (user === undefined) throw new AuthConfigurationError(problems.list);
  const policies = activePolicies(problems, options.policies, user.columns);
  const watched = watchedColumns(problems, user, policies, options.jwt?.deriveKeyFrom);
  const source = roleReader(
    problems,
    adapterOf(dataSource).dialect,
    user.metadata,
    user.id,
    options.user.roles,
  );
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
  const { permissions } = options.user;
  return {
    user,
    watched,
    roleReader: source,
    hasSessions: options.sessions !== undefined,
    permissions:
      permissions === undefined ? undefined : user.metadata.findColumnWithPropertyPath(permissions),
  };
}
