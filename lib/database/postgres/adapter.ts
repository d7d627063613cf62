import type { DatabaseAdapter } from '../adapter.js';
import { openOwnPooled, PooledDatabase } from '../pooled/pooled.database.js';
import { postgres } from './dialect.js';
import { pg } from './driver.js';
import { listenLink } from './listen-link.js';
import { guardConnectionErrors, poolAdvice } from './pool.js';
import { postgresSchema } from './schema.js';
import { postgresCatalog } from './triggers/catalog.js';

const server = { dialect: postgres, driver: pg };

export const postgresAdapter: DatabaseAdapter = {
  types: ['postgres'],
  dialect: postgres,
  schema: postgresSchema,
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
