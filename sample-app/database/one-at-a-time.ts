import type { DataSource } from 'typeorm';

const LOCK = 'nestjs-revocable-jwt sample app: migrations';
/** Any number, but the same in every process. */
const LOCK_NUMBER = 7_391_206_441;
const WAIT_SECONDS = 60;

/** Runs `work` in one process of the database at a time, because TypeORM takes no lock for migrations. */
export async function oneAtATime(
  dataSource: DataSource,
  work: () => Promise<unknown>,
): Promise<void> {
  if (dataSource.options.type === 'better-sqlite3') return inside(dataSource, work);
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    if (dataSource.options.type === 'postgres') {
      await runner.query('SELECT pg_advisory_lock($1)', [LOCK_NUMBER]);
      await work().finally(() => runner.query('SELECT pg_advisory_unlock($1)', [LOCK_NUMBER]));
    } else {
      const [row]: readonly { taken?: unknown }[] = await runner.query(
        'SELECT GET_LOCK(?, ?) AS taken',
        [LOCK, WAIT_SECONDS],
      );
      if (Number(row?.taken) !== 1) throw new Error('Another process holds the migration lock.');
      await work().finally(() => runner.query('SELECT RELEASE_LOCK(?)', [LOCK]));
    }
  } finally {
    await runner.release();
  }
}

/** SQLite: one transaction that takes the write lock before anything is read. */
async function inside(dataSource: DataSource, work: () => Promise<unknown>): Promise<void> {
  await dataSource.query('BEGIN EXCLUSIVE');
  try {
    await work();
    await dataSource.query('COMMIT');
  } catch (error) {
    await dataSource.query('ROLLBACK');
    throw error;
  }
}
