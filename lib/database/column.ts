import type { EntityMetadata } from 'typeorm';

/** TypeORM's description of a column; it does not export the type by name. */
export type Column = EntityMetadata['columns'][number];
