import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { fillDatabase } from './server/database.js';
import type { Databases } from './variants.js';

/**
 * Databases for one run, dropped at its end. The services are those of the tests: TEST_POSTGRES_URL
 * and TEST_REDIS_URL.
 */
export async function withDatabases<T>(use: (databases: Databases) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'revocable-jwt-bench-'));
  const server = process.env['TEST_POSTGRES_URL'];
  const name = `bench_${randomBytes(8).toString('hex')}`;
  try {
    const sqlite = `sqlite:${join(directory, 'bench.sqlite')}`;
    await fillDatabase(sqlite);
    if (server === undefined) return await use({ sqlite, redis: process.env['TEST_REDIS_URL'] });
    await once(server, `CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    await fillDatabase(url.href);
    return await use({ sqlite, postgres: url.href, redis: process.env['TEST_REDIS_URL'] });
  } finally {
    if (server !== undefined) await once(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await rm(directory, { recursive: true, force: true });
  }
}

async function once(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
