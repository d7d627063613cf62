import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { fillDatabase, openDatabase } from './server/database.js';
import { fillLog, type LogKind } from './server/log-rows.js';
import type { Databases } from './variants.js';

/** Databases that live as long as a run. */
export class RunDatabases implements Databases {
  private readonly made: string[] = [];
  private readonly logs = new Map<string, Promise<string>>();

  private constructor(
    private readonly directory: string,
    private readonly server: string | undefined,
    readonly redis: string | undefined,
    readonly sqlite: string,
    readonly postgres: string | undefined,
  ) {}

  /** Makes them in the services of the tests, TEST_POSTGRES_URL and TEST_REDIS_URL, and drops them after use. */
  static async use<T>(work: (databases: RunDatabases) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'revocable-jwt-bench-'));
    const server = process.env['TEST_POSTGRES_URL'];
    const redis = process.env['TEST_REDIS_URL'];
    const sqlite = sqliteIn(directory);
    const databases = new RunDatabases(
      directory,
      server,
      redis,
      sqlite,
      server && databaseOn(server),
    );
    try {
      await databases.fill(databases.sqlite);
      if (databases.postgres !== undefined) await databases.fill(databases.postgres);
      return await work(databases);
    } finally {
      await databases.drop();
    }
  }

  /** One with the tables and the users of every other, and nothing in the log; PostgreSQL where there is one. */
  get empty(): string {
    return this.postgres ?? this.sqlite;
  }

  /** One whose log holds so many rows of a kind; the same for the same question. */
  grown(kind: LogKind, count: number): Promise<string> {
    const key = count === 0 ? 'none' : `${kind} ${count}`;
    const known = this.logs.get(key) ?? this.grow(kind, count);
    this.logs.set(key, known);
    return known;
  }

  private async grow(kind: LogKind, count: number): Promise<string> {
    const url = this.server === undefined ? sqliteIn(this.directory) : databaseOn(this.server);
    await this.fill(url);
    const dataSource = await openDatabase(url);
    await fillLog(dataSource, kind, count);
    await dataSource.destroy();
    return url;
  }

  private async fill(url: string): Promise<void> {
    if (this.server !== undefined && url.startsWith('postgres')) {
      const name = nameOf(url);
      this.made.push(name);
      await once(this.server, `CREATE DATABASE ${name}`);
    }
    await fillDatabase(url);
  }

  private async drop(): Promise<void> {
    const { server } = this;
    if (server !== undefined) {
      for (const name of this.made) {
        // oxlint-disable-next-line no-await-in-loop
        await once(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

function sqliteIn(directory: string): string {
  return `sqlite:${join(directory, `${randomBytes(4).toString('hex')}.sqlite`)}`;
}

function databaseOn(server: string): string {
  const url = new URL(server);
  url.pathname = `/bench_${randomBytes(8).toString('hex')}`;
  return url.href;
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
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
