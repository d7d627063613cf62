/** A server that only follows another one never decides, and is left as soon as the address leads elsewhere. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FreshnessMonitor, AUTH_ENTITIES } from 'nestjs-revocable-jwt';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAuthDatabase } from '../support/open-database.js';
import { refuseReplica } from '../../lib/database/faults.js';
import { authOptions, startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { type PrimaryAndStandby, primaryAndStandby } from '../support/primary-and-standby.js';
import { watch } from '../support/watched-database.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

/** A database that somebody else makes and drops. */
const at = (kind: Kind, url: string): TestDatabase => ({
  kind,
  options:
    kind === 'postgres'
      ? { type: kind, url, connectTimeoutMS: 2_000 }
      : { type: kind, url, connectTimeout: 2_000 },
  url,
  connect: () => Promise.reject(new Error('unused')),
  drop: () => Promise.resolve(),
});

const start = (kind: Kind, url: string, mode: 'strict' | 'tracked') => {
  const freshness =
    mode === 'strict' ? { mode } : { mode, maxStaleness: 400, wakeUp: 'poll' as const };
  const options = authOptions({ auth: { freshness, strict: { timeout: '5s' } } });
  const { jwt } = options;
  return startAuthApp({ database: at(kind, url), synchronize: false, auth: options, jwt });
};

type Kind = 'postgres' | 'mariadb';
const PAIRS = [
  ['postgres', await primaryAndStandby('postgres')],
  ['mariadb', await primaryAndStandby('mariadb')],
] as const;

describe.each(PAIRS)('%s, a primary and its standby', (kind, make) => {
  describe.skipIf(make === undefined)('with its programs on this machine', () => {
    let servers: PrimaryAndStandby;
    let admin: DataSource;
    let standby: DataSource;

    beforeAll(async () => {
      if (make === undefined) return;
      servers = await make();
      admin = await new DataSource({
        type: kind,
        url: servers.primary.href,
        entities: [Person, ...AUTH_ENTITIES],
        synchronize: true,
      }).initialize();
      await watch(admin, authOptions());
      // All of it arrives there, the database itself at first.
      const waiting = { timeout: WAIT_LIMIT_MS, interval: 200 };
      standby = await vi.waitFor(
        () => new DataSource({ type: kind, url: servers.standby.href }).initialize(),
        waiting,
      );
      const arrived = "SELECT 1 FROM auth_state WHERE realm = 'jwt' AND watching_since IS NOT NULL";
      await vi.waitFor(async () => expect(await standby.query(arrived)).toHaveLength(1), waiting);
    });
    afterAll(async () => {
      await admin?.destroy();
      await standby?.destroy();
      await servers?.stop();
    });

    it.each(['strict', 'tracked'] as const)('no %s process starts on the standby', async (mode) => {
      await expect(start(kind, servers.standby.href, mode)).rejects.toThrow(
        'connected to a replica (PostgreSQL in recovery',
      );
    });

    it.each(['strict', 'tracked'] as const)(
      'while the address leads to the standby, a %s process answers 503',
      async (mode) => {
        const address = await addressOf(servers.primary);
        const app = await start(kind, address.url, mode);
        const person = await app.addPerson();
        const { accessToken } = await app.auth.signIn(person);
        const status = async () => (await app.whoami(accessToken)).status;
        await expect.poll(status).toBe(200);
        await expect
          .poll(() => standby.query(`SELECT id FROM person WHERE id = ${person.id}`))
          .toHaveLength(1);
        await standby.query(servers.pause);
        try {
          address.leadTo(servers.standby);
          await admin.query(`UPDATE person SET status = 'disabled' WHERE id = ${person.id}`);
          await expect.poll(status).toBe(503);
          for (let request = 0; request < 20; request++) expect(await status()).toBe(503);
          // Connections to the standby that are open stay open: they must not be used again.
          address.leadTo(servers.primary, { cut: false });
          await expect.poll(status).toBe(401);
          for (let request = 0; request < 20; request++) expect(await status()).toBe(401);
          await app.revocation.revokeUser(person.id);
          if (mode === 'tracked') {
            const monitor = app.app.get(FreshnessMonitor);
            await expect.poll(() => monitor.status().isTracking).toBe(true);
          }
        } finally {
          await standby.query(servers.resume);
          await app.close();
          await address.close();
        }
      },
    );
  });
});

describeOnDatabases(
  (kind) => {
    it('a connection whose answer is a replica’s is not used again', async () => {
      const database = await createTestDatabase(kind);
      const auth = openAuthDatabase(await database.connect({ poolSize: 1 }));
      const own = kind === 'postgres' ? 'pg_backend_pid()' : 'CONNECTION_ID()';
      const connection = async () =>
        (await auth.read({ sql: `SELECT ${own} AS id`, params: [] }))[0];
      const before = await connection();
      expect(await connection()).toEqual(before);
      const replica = { sql: 'SELECT 1 AS replica', params: [] };
      await expect(auth.read(replica, refuseReplica)).rejects.toThrow('is a replica');
      expect(await connection()).not.toEqual(before);
      await database.drop();
    });
  },
  ['postgres', 'mariadb'],
);

/** An address that can be made to lead to another server, as a DNS name or a proxy does after a failover. */
async function addressOf(target: URL) {
  let to = target;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const url = new URL(target);
  url.port = String(typeof bound === 'object' ? bound?.port : '');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: url.href,
    leadTo(next: URL, options = { cut: true }) {
      to = next;
      if (options.cut) cut();
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
