import type { EntityMetadata, RelationMetadata } from 'typeorm';
import type { RoleSource } from '../auth.options.js';
import type { Problems } from '../options/problems.js';
import type { Column } from '../schema/column.js';
import type { Dialect } from '../schema/dialect.js';

/** How the roles of an account come along in the one statement that reads auth state. */
export type RoleReader =
  | { readonly kind: 'none' }
  /** A column of the user table, hydrated as the entity would show it. */
  | { readonly kind: 'column'; readonly column: Column }
  /** A correlated subquery that gives a JSON array of one-element arrays. */
  | { readonly kind: 'subquery'; sql(user: string): string };

/** A table that the way from the user to the role's name passes through. */
interface Step {
  readonly table: string;
  readonly alias: string;
  readonly on: string;
}

/** Resolves where the roles are; whatever does not fit the entity is a problem. */
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
    if (column !== undefined && column.relationMetadata === undefined) {
      return { kind: 'column', column };
    }
    problems.add(
      `user.roles: ${user.name} has no column "${source}"; give a column, or { relation: '…' } for a relation.`,
    );
    return { kind: 'none' };
  }
  if (!isSource(problems, source)) return { kind: 'none' };
  if ('joinTable' in source) {
    const { joinTable, userColumn, roleColumn } = source;
    const sql = (alias: string) =>
      `(SELECT ${dialect.jsonRows([dialect.quote('ur', roleColumn)])} FROM ${dialect.quote(...joinTable.split('.'))} ur` +
      ` WHERE ${dialect.quote('ur', userColumn)} = ${dialect.quote(alias, id.databaseName)})`;
    return { kind: 'subquery', sql };
  }
  return throughRelations(problems, dialect, user, source.relation, source.name ?? 'name');
}

/** Options also come out of configuration files, where the compiler does not look. */
function isSource(problems: Problems, source: unknown): boolean {
  const given: object = Object(source);
  const known =
    'joinTable' in given ? ['joinTable', 'userColumn', 'roleColumn'] : ['relation', 'name'];
  problems.unknown('user.roles', given, known);
  const needed = known.filter((name) => name !== 'name' || name in given);
  const missing = needed.filter((name) => {
    const value: unknown = Reflect.get(given, name);
    return typeof value !== 'string' || value === '';
  });
  for (const name of missing) {
    problems.add(
      `user.roles.${name}: give a text; roles are a property such as 'roles', { relation, name? } or { joinTable, userColumn, roleColumn }.`,
    );
  }
  return missing.length === 0;
}

function throughRelations(
  problems: Problems,
  dialect: Dialect,
  user: EntityMetadata,
  path: string,
  name: string,
): RoleReader {
  const relations: RelationMetadata[] = [];
  let entity = user;
  for (const part of path.split('.')) {
    const relation = entity.findRelationWithPropertyPath(part);
    if (relation === undefined) {
      problems.add(
        `user.roles.relation: ${entity.name} has no relation "${part}"; give the property name of one.`,
      );
      return { kind: 'none' };
    }
    relations.push(relation);
    entity = relation.inverseEntityMetadata;
  }
  const column = entity.findColumnWithPropertyPath(name);
  if (column === undefined) {
    problems.add(
      `user.roles.name: ${entity.name} has no column "${name}"; give the property that holds the role's name.`,
    );
    return { kind: 'none' };
  }
  const table = (metadata: EntityMetadata) => dialect.quote(...metadata.tablePath.split('.'));
  const sql = (alias: string) => {
    const steps: Step[] = [];
    let from = alias;
    for (const [index, relation] of relations.entries()) {
      steps.push(...stepsOf(relation, from, `r${index}`, dialect, table));
      from = `r${index}`;
    }
    const [first, ...joins] = steps;
    return (
      `(SELECT ${dialect.jsonRows([dialect.quote(from, column.databaseName)])}` +
      ` FROM ${first?.table} ${first?.alias}` +
      joins.map((step) => ` JOIN ${step.table} ${step.alias} ON ${step.on}`).join('') +
      ` WHERE ${first?.on})`
    );
  };
  return { kind: 'subquery', sql };
}

/** The tables that one relation adds: one, or two where a junction table stands between. */
function stepsOf(
  relation: RelationMetadata,
  from: string,
  to: string,
  dialect: Dialect,
  table: (metadata: EntityMetadata) => string,
): Step[] {
  const target = relation.inverseEntityMetadata;
  const alive = target.deleteDateColumn
    ? ` AND ${dialect.quote(to, target.deleteDateColumn.databaseName)} IS NULL`
    : '';
  /** Pairs a foreign key, standing in `holder`, with what it refers to in `referred`. */
  const joined = (keys: readonly Column[], holder: string, referred: string) =>
    keys
      .map(
        (key) =>
          `${dialect.quote(holder, key.databaseName)} = ${dialect.quote(referred, key.referencedColumn?.databaseName ?? '')}`,
      )
      .join(' AND ');
  const junction = relation.junctionEntityMetadata;
  if (junction !== undefined) {
    const [toUs, toThem] = relation.isOwning
      ? [junction.ownerColumns, junction.inverseColumns]
      : [junction.inverseColumns, junction.ownerColumns];
    return [
      { table: table(junction), alias: `${to}j`, on: joined(toUs, `${to}j`, from) },
      { table: table(target), alias: to, on: joined(toThem, `${to}j`, to) + alive },
    ];
  }
  const on = relation.isOwning
    ? joined(relation.joinColumns, from, to)
    : joined(relation.inverseRelation?.joinColumns ?? [], to, from);
  return [{ table: table(target), alias: to, on: on + alive }];
}
