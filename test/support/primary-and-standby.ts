/** A server of the test's own, and one that follows it: what no shared server can be turned into. */
import { DataSource } from 'typeorm';
import { canServe, OwnServer, type ServerKind } from './own-server.js';

export interface PrimaryAndStandby {
  readonly primary: URL;
  readonly standby: URL;
  /** Statements for the standby: it takes in nothing more, and goes on. */
  readonly pause: string;
  readonly resume: string;
  stop(): Promise<void>;
}

/** How to start the two; `undefined` where this machine has no programs, an error where CI needs them. */
export function primaryAndStandby(
  kind: ServerKind,
): (() => Promise<PrimaryAndStandby>) | undefined {
  if (!canServe(kind)) return undefined;
  return kind === 'mariadb' ? startMariadb : startPostgres;
}

async function startPostgres(): Promise<PrimaryAndStandby> {
  const settings = ['-c', 'fsync=off', '-c', 'max_connections=40'];
  const first = await OwnServer.make('postgres', settings);
  const second = await OwnServer.make('postgres', settings, first);
  return {
    primary: new URL(first.url),
    standby: new URL(second.url),
    pause: 'SELECT pg_wal_replay_pause()',
    resume: 'SELECT pg_wal_replay_resume()',
    async stop() {
      await second.remove();
      await first.remove();
    },
  };
}

async function startMariadb(): Promise<PrimaryAndStandby> {
  const [first, second] = await Promise.all([
    OwnServer.make('mariadb', ['--server-id=1', '--log-bin=log']),
    OwnServer.make('mariadb', ['--server-id=2', '--read-only=1']),
  ]);
  const [primary, standby] = [new URL(first.url), new URL(second.url)];
  const { hostname, port, username } = primary;
  await query(
    standby,
    `CHANGE MASTER TO master_host = '${hostname}', master_port = ${port}, master_user = '${username}', master_use_gtid = slave_pos`,
    'START SLAVE',
  );
  await query(primary, 'CREATE DATABASE app');
  for (const url of [primary, standby]) url.pathname = '/app';
  return {
    primary,
    standby,
    pause: 'STOP SLAVE SQL_THREAD',
    resume: 'START SLAVE SQL_THREAD',
    async stop() {
      await second.remove();
      await first.remove();
    },
  };
}

async function query({ href }: URL, ...statements: readonly string[]): Promise<void> {
  const dataSource = await new DataSource({ type: 'mysql', url: href }).initialize();
  for (const statement of statements) await dataSource.query(statement);
  await dataSource.destroy();
}
