import type { DatabaseAdapter } from '../adapter.js';
import { openOwnPooled, PooledDatabase } from '../pooled/pooled.database.js';
import { mysql } from './dialect.js';
import { mysql2 } from './driver.js';
import { mysqlSchema } from './schema.js';
import { refuseStalePrimaries, refuseUncommittedReads } from './server-checks.js';
import { mysqlCatalog } from './triggers/catalog.js';

const server = { dialect: mysql, driver: mysql2 };

export const mysqlAdapter: DatabaseAdapter = {
  types: ['mysql', 'mariadb'],
  dialect: mysql,
  schema: mysqlSchema,
  triggers: mysqlCatalog,
  hasTypedIntegers: true,
  open: (dataSource, timeoutMs) => new PooledDatabase({ ...server, dataSource, timeoutMs }),
  openOwn: (dataSource, timeoutMs) => openOwnPooled({ ...server, dataSource, timeoutMs }),
  nameOf: () => undefined,
  refuseUncommittedReads,
  refuseStalePrimaries,
};
