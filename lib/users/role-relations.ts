import type { EntityMetadata } from 'typeorm';
import type { Column } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import type { Problems } from '../validation/problems.js';
import type { RoleReader, RoleTable } from './role-reader.js';
import type { RoleRelationSource } from './user.options.js';

/** TypeORM 0.3 does not export the class. */
type RelationMetadata = EntityMetadata['relations'][number];

/** A table on the path from the user to the role's name. */
interface Step {
  readonly table: string;
  readonly alias: string;
  readonly on: string;
  readonly metadata: EntityMetadata;
  /** Its columns in `on`, and those of the table before it, pair by pair. */
  readonly keys: readonly Column[];
  readonly before: readonly Column[];
  /** Whether the foreign key stands in this table. */
  readonly holdsKey: boolean;
}

/** Reads the roles through the relations from the user to them. A path that does not fit the entities is a problem. */
export function throughRelations(
  problems: Problems,
  dialect: Dialect,
  user: EntityMetadata,
  { relation: path, name = 'name' }: RoleRelationSource,
): RoleReader {
  const relations: RelationMetadata[] = [];
  let entity = user;
  for (const part of path.split('.')) {
    const relation = entity.findRelationWithPropertyPath(part);
    if (relation === undefined) {
      problems.add(
        `user.roles.relation: ${entity.name} has no relation "${part}". Give the property name of a relation.`,
      );
      return { kind: 'none' };
    }
    relations.push(relation);
    entity = relation.inverseEntityMetadata;
  }
  const column = entity.findColumnWithPropertyPath(name);
  if (column === undefined) {
    problems.add(
      `user.roles.name: ${entity.name} has no column "${name}". Give the property that holds the role's name.`,
    );
    return { kind: 'none' };
  }
  const table = (metadata: EntityMetadata) => dialect.quote(...metadata.tablePath.split('.'));
  const stepsFrom = (alias: string) => {
    const steps: Step[] = [];
    let from = alias;
    for (const [index, relation] of relations.entries()) {
      steps.push(...stepsOf(relation, from, `r${index}`, dialect, table));
      from = `r${index}`;
    }
    return { steps, from };
  };
  const sql = (alias: string) => {
    const { steps, from } = stepsFrom(alias);
    const [first, ...joins] = steps;
    return (
      `(SELECT ${dialect.jsonRows([dialect.quote(from, column.databaseName)])}` +
      ` FROM ${first?.table} ${first?.alias}` +
      joins.map((step) => ` JOIN ${step.table} ${step.alias} ON ${step.on}`).join('') +
      ` WHERE ${first?.on})`
    );
  };
  const { steps } = stepsFrom('u');
  return {
    kind: 'subquery',
    sql,
    tables: steps.map((step, index) =>
      roleTable(step, steps[index + 1]?.before ?? [column], index),
    ),
    userColumns: steps[0]?.before.map(({ databaseName }) => databaseName) ?? [],
  };
}

/** A step as a table to watch. `onwards` are its columns that lead to the next step, or hold the role's name. */
function roleTable(step: Step, onwards: readonly Column[], index: number): RoleTable {
  const { metadata, keys, before, holdsKey } = step;
  const columns = [...keys, ...onwards, metadata.deleteDateColumn];
  return {
    path: metadata.tablePath.split('.'),
    columns: columns.flatMap((column) => column?.databaseName ?? []),
    // Only the first table can name the user. A change in a later table can concern any user.
    holder:
      index === 0 && holdsKey
        ? keys.flatMap(({ databaseName }, position) => {
            const referred = before[position]?.databaseName;
            return referred === undefined ? [] : [{ column: databaseName, referred }];
          })
        : undefined,
    linksRoles: holdsKey,
  };
}

/** The tables that one relation adds: one, or two if there is a junction table. */
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
  /** The condition that a foreign key of `holder` equals the columns of `referred` to which it refers. */
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
      {
        table: table(junction),
        alias: `${to}j`,
        on: joined(toUs, `${to}j`, from),
        metadata: junction,
        keys: toUs,
        before: referredBy(toUs),
        holdsKey: true,
      },
      {
        table: table(target),
        alias: to,
        on: joined(toThem, `${to}j`, to) + alive,
        metadata: target,
        keys: referredBy(toThem),
        before: toThem,
        holdsKey: false,
      },
    ];
  }
  const held = relation.isOwning
    ? relation.joinColumns
    : (relation.inverseRelation?.joinColumns ?? []);
  const [keys, before] = relation.isOwning ? [referredBy(held), held] : [held, referredBy(held)];
  const on = relation.isOwning ? joined(held, from, to) : joined(held, to, from);
  return [
    {
      table: table(target),
      alias: to,
      on: on + alive,
      metadata: target,
      keys,
      before,
      holdsKey: !relation.isOwning,
    },
  ];
}

function referredBy(keys: readonly Column[]): Column[] {
  return keys.flatMap(({ referencedColumn }) => referencedColumn ?? []);
}
