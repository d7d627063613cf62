import { fillRows, type SchemaDialect } from '../schema-dialect.js';

export const postgresSchema: SchemaDialect = {
  timeType: 'timestamptz(3)',
  integerType: 'integer',
  castToText: 'varchar',
  random: 'gen_random_uuid()::text',
  bytewise: {},
  dropsIndexFirst: false,
  fillColumn: (column) => [
    `ALTER TABLE ${column.table} ALTER COLUMN ${column.name} SET DEFAULT gen_random_uuid()`,
    fillRows(column),
    `ALTER TABLE ${column.table} ALTER COLUMN ${column.name} SET NOT NULL`,
  ],
};
