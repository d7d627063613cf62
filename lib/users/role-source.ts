import type { EntityMetadata } from 'typeorm';
import type { Column } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import type { Problems } from '../validation/problems.js';
import type { RoleReader } from './role-reader.js';
import { throughRelations } from './role-relations.js';
import type { RoleRelationSource, RoleSource, RoleTableSource } from './user.options.js';

/** Finds the roles in the entity. A source that does not fit the entity is a problem. */
export function roleReader(
  problems: Problems,
  dialect: Dialect,
  user: EntityMetadata,
  id: Column,
  source: RoleSource | undefined,
): RoleReader {
  if (source === undefined) return { kind: 'none' };
  if (typeof source === 'string') {
    const column = user.findColumnWithPropertyPath(source);
    if (column?.propertyPath === source) {
      return { kind: 'column', column };
    }
    problems.add(
      `user.roles: ${user.name} has no column "${source}". Give a column, or { relation: '…' } for a relation.`,
    );
    return { kind: 'none' };
  }
  if (!isSource(problems, Object(source))) return { kind: 'none' };
  if ('joinTable' in source) {
    const { joinTable, userColumn, roleColumn } = source;
    const sql = (alias: string) =>
      `(SELECT ${dialect.jsonRows([dialect.quote('ur', roleColumn)])} FROM ${dialect.quote(...joinTable.split('.'))} ur` +
      ` WHERE ${dialect.quote('ur', userColumn)} = ${dialect.quote(alias, id.databaseName)})`;
    const table = {
      path: joinTable.split('.'),
      columns: [userColumn, roleColumn],
      holder: [{ column: userColumn, referred: id.databaseName }],
      linksRoles: true,
    };
    return { kind: 'subquery', sql, tables: [table], userColumns: [] };
  }
  return throughRelations(problems, dialect, user, source);
}

/** Options also come from configuration files, which no compiler checks. */
function isSource(problems: Problems, given: object): boolean {
  const isTable = 'joinTable' in given;
  if (isTable) {
    const known = { joinTable: true, userColumn: true, roleColumn: true } as const;
    problems.unknown<RoleTableSource>('user.roles', given, known);
  } else {
    problems.unknown<RoleRelationSource>('user.roles', given, { relation: true, name: true });
  }
  const needed = isTable
    ? ['joinTable', 'userColumn', 'roleColumn']
    : ['relation', ...('name' in given ? ['name'] : [])];
  const missing = needed.filter((name) => {
    const value: unknown = Reflect.get(given, name);
    return typeof value !== 'string' || value === '';
  });
  for (const name of missing) {
    problems.add(
      `user.roles.${name}: give a text. Roles are a property such as 'roles', { relation, name? } or { joinTable, userColumn, roleColumn }.`,
    );
  }
  return missing.length === 0;
}
