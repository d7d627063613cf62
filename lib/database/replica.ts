import type { Row } from './database.js';

/** What a server that only follows another one says is not believed: it may be behind. */
export class ReplicaError extends Error {
  override readonly name = 'ReplicaError';
  constructor() {
    super('The database that answered only follows another one, and may be behind.');
  }
}

/**
 * For answers with a column `replica`; see `isReplica` of the dialect.
 *
 * @throws ReplicaError
 */
export function refuseReplica(rows: readonly Row[]): void {
  if (rows.some(({ replica }) => Number(replica) === 1)) throw new ReplicaError();
}
