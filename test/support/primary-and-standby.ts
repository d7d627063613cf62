/** A server of the test's own, and one that follows it: what no shared server can be turned into. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { canServe, freePort, OwnServer, type ServerKind } from './own-server.js';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';

export interface PrimaryAndStandby {
  readonly primary: URL;
  readonly standby: URL;
  /** Statements for the standby: it takes in nothing more, and goes on. */
  readonly pause: string;
  readonly resume: string;
  stop(): Promise<void>;
}

/** How to start the two; `undefined` where this machine has no programs, an error where CI needs them. */
export async function primaryAndStandby(
  kind: ServerKind,
): Promise<(() => Promise<PrimaryAndStandby>) | undefined> {
  if (kind === 'mariadb') return canServe(kind) ? startMariadb : undefined;
  const programs = await postgresPrograms();
  return programs === undefined ? undefined : () => startPostgres(programs);
}

async function postgresPrograms(): Promise<string | undefined> {
  const told = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  const versions = await readdir(VERSIONS).catch(() => []);
  const found = [told, ...versions.map((version) => join(VERSIONS, version, 'bin'))].find(
    (directory) => directory !== '' && existsSync(join(directory, 'initdb')),
  );
  if (found === undefined && process.env['CI'] === 'true') throw new Error('There is no initdb.');
  return found;
}

async function startPostgres(programs: string): Promise<PrimaryAndStandby> {
  const directory = await mkdtemp(join(tmpdir(), 'revocable-jwt-pg-'));
  const user = await whoMayRun();
  await chmod(directory, 0o700);
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const call = (program: string, ...args: readonly string[]) =>
    run(join(programs, program), args, { cwd: directory, ...user });
  const [primary, standby] = [await freePort(), await freePort()];
  const [first, second] = [join(directory, 'primary'), join(directory, 'standby')];
  const start = (data: string, port: number) =>
    call(
      'pg_ctl',
      'start',
      '--wait',
      '--pgdata',
      data,
      '--log',
      `${data}.log`,
      '--options',
      `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory} -c fsync=off -c max_connections=40`,
    );
  const stop = (data: string) =>
    call('pg_ctl', 'stop', '--pgdata', data, '--mode', 'immediate').catch(() => undefined);

  await call('initdb', '--pgdata', first, '--auth', 'trust', '--username', 'postgres', '--no-sync');
  await start(first, primary);
  await call(
    'pg_basebackup',
    '--pgdata',
    second,
    '--host',
    '127.0.0.1',
    '--port',
    String(primary),
    '--username',
    'postgres',
    '--write-recovery-conf',
    '--checkpoint',
    'fast',
    '--no-sync',
  );
  await start(second, standby);
  return {
    primary: new URL(`postgres://postgres@127.0.0.1:${primary}/postgres`),
    standby: new URL(`postgres://postgres@127.0.0.1:${standby}/postgres`),
    pause: 'SELECT pg_wal_replay_pause()',
    resume: 'SELECT pg_wal_replay_resume()',
    async stop() {
      await stop(second);
      await stop(first);
      await rm(directory, { recursive: true, force: true });
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

/** PostgreSQL does not run as root; its packages make a user who owns its directory. */
async function whoMayRun(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = await stat('/var/lib/postgresql');
  return { uid, gid };
}
