import type { QueryRunner } from 'typeorm';

/**
 * Ends the connection under a runner at once and takes it out of its pool, whatever it is doing. The
 * server rolls back what was not committed.
 */
export function destroyRunner(runner: QueryRunner, reason: Error): void {
  destroyConnection(Reflect.get(runner, 'databaseConnection'));
  // By TypeORM's own way for a connection that failed; released as usual, pg would keep it.
  call(runner, 'releasePostgresConnection', reason);
}

/** Ends a connection of pg or mysql2 at once. */
export function destroyConnection(connection: unknown): void {
  // mysql2.
  call(connection, 'destroy');
  // pg: not end(), which says goodbye and waits for the answer.
  call(member(member(connection, 'connection'), 'stream'), 'destroy');
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}

function call(on: unknown, name: string, ...args: readonly unknown[]): void {
  const method = member(on, name);
  if (typeof method === 'function') Reflect.apply(method, on, args);
}
