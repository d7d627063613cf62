import { type DatabaseAdapter, fillRows, type SchemaDialect } from '../database-adapter.js';
import { openOwnPooled, PooledDatabase } from '../pooled/pooled.database.js';
import { postgres } from './dialect.js';
import { guardConnectionErrors, pg, poolAdvice } from './driver.js';
import { listenLink } from './listen-link.js';
import { postgresCatalog } from './triggers/catalog.js';

const server = { dialect: postgres, driver: pg };

const schema: SchemaDialect = {
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

export const postgresAdapter: DatabaseAdapter = {
  types: ['postgres'],
  dialect: postgres,
  schema,
  triggers: postgresCatalog,
  hasTypedIntegers: true,
  open(dataSource, timeoutMs) {
    guardConnectionErrors(dataSource);
    return new PooledDatabase({ ...server, dataSource, timeoutMs });
  },
  openOwn: (dataSource, timeoutMs) => openOwnPooled({ ...server, dataSource, timeoutMs }),
  nameOf: () => undefined,
  wakeUpLink: listenLink,
  poolAdvice,
};
