/** A PostgreSQL of the test's own, and one that follows it: what no shared server can be turned into. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';

export interface PrimaryAndStandby {
  readonly primary: URL;
  readonly standby: URL;
  stop(): Promise<void>;
}

/** Where PostgreSQL's programs are; `undefined` where there are none, an error where CI needs them. */
export async function postgresPrograms(): Promise<string | undefined> {
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

export async function startPrimaryAndStandby(programs: string): Promise<PrimaryAndStandby> {
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
    async stop() {
      await stop(second);
      await stop(first);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root; its packages make a user who owns its directory. */
async function whoMayRun(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { uid, gid } = await stat('/var/lib/postgresql');
  return { uid, gid };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
