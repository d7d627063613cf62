import type { Row } from './database.js';

/** A server that only follows another one may be behind, so its answer is not used. */
export class ReplicaError extends Error {
  override readonly name = 'ReplicaError';
  constructor() {
    super(
      'The database server that answered is a replica, which may be behind. Connect to the primary.',
    );
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
