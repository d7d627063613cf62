import type { DataSource } from 'typeorm';

/**
 * What to change about the application's pool; `undefined` where nothing need be.
 *
 * pg waits for ever for a server that takes a connection and says nothing, and each attempt keeps its
 * place in the pool. mysql2 gives up after 10 s.
 */
export function poolAdvice({ options }: DataSource): string | undefined {
  if (options.type !== 'postgres') return undefined;
  const extra: object = Object(options.extra);
  // As TypeORM has it: what pg itself calls it goes first.
  const timeout: unknown =
    'connectionTimeoutMillis' in extra ? extra.connectionTimeoutMillis : options.connectTimeoutMS;
  return timeout === undefined || timeout === 0
    ? 'The DataSource waits for connections without end: a network that swallows packets for a while can use up its pool for good. Set connectTimeoutMS, such as 5000.'
    : undefined;
}
