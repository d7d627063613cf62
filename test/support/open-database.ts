import type { DataSource } from 'typeorm';
import { adapterOf } from '../../lib/database/adapters.js';
import type { OpenTransaction } from '../../lib/database/open-transaction.js';

interface Opening {
  readonly timeoutMs?: number;
  readonly transactions?: OpenTransaction;
}

/** The library's access to the database of an initialized DataSource. */
export const openAuthDatabase = (
  dataSource: DataSource,
  { timeoutMs = 5_000, transactions }: Opening = {},
) => adapterOf(dataSource).open(dataSource, timeoutMs, transactions);

/** The same through connections of the library's own. The caller closes it. */
export const openOwnDatabase = (dataSource: DataSource, { timeoutMs }: { timeoutMs: number }) =>
  adapterOf(dataSource).openOwn(dataSource, timeoutMs);
