/** Database servers of the tests' own, which may be stopped, killed and started again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';

const run = promisify(execFile);

export type ServerKind = 'postgres' | 'mariadb';

/** How to make one, and how to run it. */
interface Recipe {
  /** The programs, in this order: one makes the directory, the other serves it. */
  readonly programs: readonly [string, string];
  /** Whom it runs as where the tests run as root, which no server likes. */
  readonly account: string;
  readonly make: (directory: string) => readonly string[];
  /** Makes one that follows another. */
  readonly follow?: {
    readonly program: string;
    readonly make: (directory: string, url: string) => readonly string[];
  };
  readonly serve: (directory: string, port: number) => readonly string[];
  /** Ends it in order, with every connection. */
  readonly shutdown: NodeJS.Signals;
  readonly url: (port: number) => string;
}

const RECIPES: Readonly<Record<ServerKind, Recipe>> = {
  postgres: {
    programs: ['initdb', 'postgres'],
    account: 'postgres',
    make: (directory) => ['-D', directory, '-U', 'postgres', '-A', 'trust', '--no-sync'],
    follow: {
      program: 'pg_basebackup',
      make: (directory, url) => ['-D', directory, '-d', url, '-R', '-c', 'fast', '--no-sync'],
    },
    serve: (directory, port) => [
      '-D',
      directory,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      directory,
    ],
    shutdown: 'SIGINT',
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
  mariadb: {
    programs: ['mariadb-install-db', 'mariadbd'],
    account: 'mysql',
    make: (directory) => [
      '--no-defaults',
      `--datadir=${directory}`,
      `--tmpdir=${directory}`,
      '--auth-root-authentication-method=normal',
    ],
    serve: (directory, port) => [
      '--no-defaults',
      `--datadir=${directory}`,
      // At its start MariaDB deletes the temporary tables that it finds there, whosever they are.
      `--tmpdir=${directory}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
    ],
    shutdown: 'SIGTERM',
    url: (port) => `mysql://root@127.0.0.1:${port}/mysql`,
  },
};

/**
 * Whether this machine has the programs.
 *
 * @throws Error with CI=true, where it has not: no test is left out there
 */
export function canServe(kind: ServerKind): boolean {
  const missing = RECIPES[kind].programs.filter((program) => locate(program) === undefined);
  if (missing.length > 0 && process.env['CI'] === 'true') {
    throw new Error(`There is no ${missing.join(', ')} on this machine.`);
  }
  return missing.length === 0;
}

/** A server with nothing in it, on a port of its own. */
export class OwnServer {
  private running: ChildProcess | undefined;

  private constructor(
    private readonly recipe: Recipe,
    private readonly directory: string,
    private readonly port: number,
    private readonly account: Account,
    private readonly settings: readonly string[],
  ) {}

  /**
   * @param settings what it is started with beside, as its program takes it
   * @param primary the server that it follows; PostgreSQL alone
   */
  static async make(
    kind: ServerKind,
    settings: readonly string[] = [],
    primary?: OwnServer,
  ): Promise<OwnServer> {
    const recipe = RECIPES[kind];
    const account = await accountOf(recipe.account);
    const directory = await mkdtemp(join(tmpdir(), `own-${kind}-`));
    if (account.uid !== undefined) await chown(directory, account.uid, account.gid);
    const options = { ...account, cwd: directory };
    const { follow } = recipe;
    if (primary === undefined) {
      await run(located(recipe.programs[0]), recipe.make(directory), options);
    } else if (follow === undefined) throw new Error(`${kind} follows by statements.`);
    else await run(located(follow.program), follow.make(directory, primary.url), options);
    const server = new OwnServer(recipe, directory, await freePort(), account, settings);
    await server.start();
    return server;
  }

  get url(): string {
    return this.recipe.url(this.port);
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    const { recipe, directory, port, account, settings } = this;
    const options = { ...account, cwd: directory, stdio: 'ignore' } as const;
    const serve = [...recipe.serve(directory, port), ...settings];
    this.running = spawn(located(recipe.programs[1]), serve, options);
    const { running } = this;
    while (!(await answers(this.url))) {
      if (running.exitCode !== null) throw new Error(`${recipe.programs[1]} did not start.`);
      await sleep(50);
    }
  }

  /** Ends it in order, or at once, as when the power goes: what was committed is in its log alone. */
  async stop(how: 'in order' | 'at once'): Promise<void> {
    const { running } = this;
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, 'close');
    running.kill(how === 'in order' ? this.recipe.shutdown : 'SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('at once');
    await rm(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

type Account = { readonly uid: number; readonly gid: number } | { readonly uid?: undefined };

async function accountOf(name: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (which) => Number((await run('id', [which, name])).stdout)),
  );
  return uid === undefined || gid === undefined ? {} : { uid, gid };
}

function located(program: string): string {
  const found = locate(program);
  if (found === undefined) throw new Error(`${program} is not on this machine.`);
  return found;
}

/** Debian keeps the programs of PostgreSQL off the path, a folder for each version. */
const POSTGRES = '/usr/lib/postgresql';

function locate(program: string): string | undefined {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES) : [];
  return [
    ...versions.map((version) => join(POSTGRES, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
  ]
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/**
 * Below those that outgoing connections get, from 32768 on: one of them would take the port while its
 * server is stopped, or be connected to itself where it dials it.
 */
const PORTS = { first: 20_000, count: 12_000 };
/** How far this process is in them; others begin elsewhere. */
let taken = randomInt(PORTS.count);

/** One that nobody listens on, and that nobody here is given again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS.count; tries++) {
    const port = PORTS.first + (taken++ % PORTS.count);
    // Only when one is taken is another tried.
    // oxlint-disable-next-line no-await-in-loop
    if (await isFree(port)) return port;
  }
  throw new Error('There is no free port.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

async function answers(url: string): Promise<boolean> {
  const type = url.startsWith('mysql') ? 'mysql' : 'postgres';
  try {
    const dataSource = await new DataSource({ type, url }).initialize();
    await dataSource.destroy();
    return true;
  } catch {
    return false;
  }
}
