// Fails, and names the service, unless PostgreSQL, MariaDB or MySQL, and Redis answer a real query.
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import { Client } from 'pg';

const WAIT_LIMIT_MS = 10_000;

const services = {
  TEST_POSTGRES_URL: async (connectionString) => {
    const client = new Client({ connectionString, connectionTimeoutMillis: WAIT_LIMIT_MS });
    await client.connect();
    const { rows } = await client.query('SELECT version() AS version');
    await client.end();
    return rows[0].version;
  },
  TEST_MYSQL_URL: async (uri) => {
    const connection = await mysql.createConnection({ uri, connectTimeout: WAIT_LIMIT_MS });
    const [rows] = await connection.query('SELECT version() AS version');
    await connection.end();
    return rows[0].version;
  },
  TEST_REDIS_URL: async (url) => {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: WAIT_LIMIT_MS,
      retryStrategy: () => null,
    });
    client.on('error', () => {}); // told by connect() as well
    await client.connect();
    const [, version] = /redis_version:(\S+)/.exec(await client.info('server')) ?? [];
    client.disconnect();
    return `Redis ${version}`;
  },
};

for (const [variable, ask] of Object.entries(services)) {
  const url = process.env[variable] ?? '';
  const shown = url.replace(/:\/\/([^:@/]*):[^@/]*@/, '://$1:***@');
  try {
    console.log(`${variable} ${shown}: ${await ask(url)}`);
  } catch (error) {
    const why = error.message || error.errors?.map(({ message }) => message).join(', ');
    console.error(`${variable} ${shown}: does not answer (${why}). Start it, or set the variable.`);
    process.exitCode = 1;
  }
}
