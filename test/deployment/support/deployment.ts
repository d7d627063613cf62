/**
 * Real processes of the sample application on one real database, each behind faults of its own:
 * a proxy to the database, and one to Redis where Redis wakes them up.
 */
import { createHash } from 'node:crypto';
import { describe } from 'vitest';
import { type AppProcess, type Ending, start } from '../../sample-app/support/process.js';
import type { Client } from '../../sample-app/support/client.js';
import { createTestDatabase, serviceUrl, type TestDatabase } from '../../support/databases.js';
import { type FaultProxy, faultProxyTo } from '../../support/fault-proxy.js';
import { canServe, OwnServer } from '../../support/own-server.js';
import { type Side, sideOf } from './side.js';
import { isFull } from './sizes.js';
import { Mint } from './tokens.js';

/** How processes learn that there is something to read. */
export type WakeUpKind = 'notify' | 'redis' | 'poll';

export interface DeploymentOptions {
  readonly wakeUp: WakeUpKind;
  readonly processes: number;
  /** The bound of tracked freshness, in milliseconds; `undefined`: strict. */
  readonly maxStalenessMs?: number | undefined;
  /** What the processes get beside; each its own, by its number. */
  readonly env?: (index: number) => NodeJS.ProcessEnv;
  /** Where this machine has the programs: on a database server that nobody else uses. */
  readonly ownServer?: boolean;
}

/** One process, and what stands between it and its services. */
export class Member {
  private app: AppProcess | undefined;

  constructor(
    readonly name: string,
    readonly database: FaultProxy,
    readonly redis: FaultProxy | undefined,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  get isRunning(): boolean {
    return this.app !== undefined;
  }

  get url(): string {
    return this.running.url;
  }

  get running(): AppProcess {
    if (this.app === undefined) throw new Error(`${this.name} does not run.`);
    return this.app;
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.app = await start({ ...this.env, ...env });
  }

  pause(): void {
    this.running.signal('SIGSTOP');
  }

  resume(): void {
    this.running.signal('SIGCONT');
  }

  /** With the clocks of `clocks.mjs`; others take no notice. */
  stepClock(): void {
    this.running.signal('SIGWINCH');
  }

  async stop(signal: NodeJS.Signals): Promise<Ending | undefined> {
    const { app } = this;
    this.app = undefined;
    // A process that is stopped hears nothing but SIGKILL.
    app?.signal('SIGCONT');
    return app?.stop(signal);
  }

  /** The link over which hints come. */
  get wakeUpLink(): FaultProxy {
    return this.redis ?? this.database;
  }

  heal(): void {
    this.database.heal();
    this.redis?.heal();
  }
}

export class Deployment {
  private constructor(
    readonly options: DeploymentOptions,
    readonly database: TestDatabase,
    readonly side: Side,
    readonly members: readonly Member[],
    readonly mint: Mint,
    private readonly admins: Client,
    /** Its own server, which may be restarted. */
    readonly server: OwnServer | undefined,
  ) {}

  static async start(options: DeploymentOptions): Promise<Deployment> {
    const { wakeUp, processes, maxStalenessMs } = options;
    const kind = databaseOf(wakeUp);
    const isOwn = options.ownServer === true && canServe(kind);
    const server = isOwn ? await OwnServer.make(kind) : undefined;
    const database = await createTestDatabase(kind, server?.url);
    const redis = wakeUp === 'redis' ? serviceUrl('TEST_REDIS_URL') : undefined;
    const members: Member[] = [];
    for (let index = 0; index < processes; index++) {
      const ways = {
        database: await faultProxyTo(database.url),
        redis: redis === undefined ? undefined : await faultProxyTo(redis),
      };
      const env = {
        DATABASE_URL: ways.database.url,
        LOGIN_LIMIT_PER_EMAIL: '1000000',
        LOGIN_LIMIT_PER_ADDRESS: '1000000',
        ...(maxStalenessMs === undefined
          ? { AUTH_FRESHNESS: 'strict' }
          : {
              AUTH_FRESHNESS: 'tracked',
              AUTH_MAX_STALENESS: `${maxStalenessMs}ms`,
              ...(ways.redis === undefined ? {} : { REDIS_URL: ways.redis.url }),
            }),
        ...options.env?.(index),
      };
      members.push(new Member(`process ${index}`, ways.database, ways.redis, env));
    }
    await Promise.all(members.map((member) => member.start()));
    const side = await sideOf(database);
    const { url } = members[0] ?? { url: '' };
    const mint = await Mint.open(url, side);
    const admin = await members[0]?.running.as('admin');
    if (admin === undefined) throw new Error('A deployment has a process.');
    return new Deployment(options, database, side, members, mint, admin, server);
  }

  /** The bound after a commit, in milliseconds; in strict freshness there is none to wait for. */
  get boundMs(): number {
    return this.options.maxStalenessMs ?? 0;
  }

  /** The channel on which its processes wake each other. */
  get channel(): string {
    const name = 'nestjs-revocable-jwt:1:jwt';
    if (this.options.wakeUp === 'notify') return name;
    const own = createHash('sha256').update(this.mint.stampKey).digest('hex');
    return `${name}:${own.slice(0, 16)}`;
  }

  member(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new Error(`There is no process ${index}.`);
    return member;
  }

  /** The admin, talking to a process. */
  admin(member: Member): Client {
    return member.running.nobody.holding(this.admins.token);
  }

  /** @throws Error where a process had ended by itself: no fault may do that. */
  async close(): Promise<void> {
    for (const member of this.members) member.heal();
    const endings = await Promise.all(this.members.map((member) => member.stop('SIGKILL')));
    for (const { database, redis } of this.members) {
      await database.close();
      await redis?.close();
    }
    await this.database.drop();
    await this.server?.remove();
    for (const [index, ending] of endings.entries()) {
      if (ending === undefined || ending.signal === 'SIGKILL') continue;
      throw new Error(`${this.member(index).name} had ended by itself: ${ending.stderr}`);
    }
  }
}

/** The kind of database that a way of waking up is tried on. */
function databaseOf(wakeUp: WakeUpKind): 'postgres' | 'mariadb' {
  return wakeUp === 'notify' ? 'postgres' : 'mariadb';
}

const ALL: readonly WakeUpKind[] = ['notify', 'redis', 'poll'];
const NEEDED = {
  notify: ['TEST_POSTGRES_URL'],
  redis: ['TEST_MYSQL_URL', 'TEST_REDIS_URL'],
  poll: ['TEST_MYSQL_URL'],
} as const;
const NAMES = {
  notify: 'PostgreSQL, NOTIFY',
  redis: 'MariaDB, Redis',
  poll: 'MariaDB, polling',
} as const;

/**
 * Runs a suite for each way of waking up whose services are there.
 *
 * @param short those that the short form is content with
 */
export function describeDeployments(
  short: readonly WakeUpKind[],
  suite: (wakeUp: WakeUpKind) => void,
): void {
  for (const kind of ALL.filter((one) => isFull || short.includes(one))) {
    const missing = NEEDED[kind].filter((variable) => serviceUrl(variable) === undefined);
    if (missing.length === 0) describe(NAMES[kind], () => suite(kind));
    else
      describe.skip(`${NAMES[kind]}: skipped, ${missing.join(', ')} is not set`, () => suite(kind));
  }
}
