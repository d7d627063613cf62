import { fillRows, type SchemaDialect } from '../schema-dialect.js';

export const sqliteSchema: SchemaDialect = {
  timeType: 'datetime',
  integerType: 'integer',
  castToText: 'TEXT',
  random: 'lower(hex(randomblob(16)))',
  bytewise: {},
  dropsIndexFirst: true,
  // A default or NOT NULL would take a new table. The column stays nullable, and the entity gives new rows
  // their value.
  fillColumn: (column) => [fillRows(column)],
};
