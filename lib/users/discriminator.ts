import type { EntityMetadata } from 'typeorm';
import type { Column } from '../database/database.js';

/** Tells the rows of an entity from those of other entities in the same table. */
export interface Discriminator {
  readonly column: Column;
  /** Whether a row with this value in the column belongs to the entity. */
  includes(value: unknown): boolean;
}

/**
 * The discriminator of an entity that shares its table with others (single-table inheritance); `undefined`:
 * every row of the table belongs to the entity. As in TypeORM's own queries, the rows of an entity include those
 * of the classes that extend it.
 */
export function discriminatorOf(metadata: EntityMetadata): Discriminator | undefined {
  const { discriminatorColumn: column, parentEntityMetadata, childEntityMetadatas } = metadata;
  // TypeORM's type says that it always exists. But only a child has a parent.
  const parent: unknown = parentEntityMetadata;
  if (column === undefined || parent === undefined) return undefined;
  const values = new Set(
    [metadata, ...childEntityMetadatas].map(({ discriminatorValue }) => String(discriminatorValue)),
  );
  return { column, includes: (value) => values.has(String(value)) };
}
