import { databases, serviceUrl } from './support/databases.js';

/** Says once, in plain words, which tests this run leaves out. */
export default function setup(): void {
  const missing = [
    ...(databases.includes('postgres') ? [] : ['PostgreSQL tests are skipped: TEST_POSTGRES_URL']),
    ...(databases.includes('mariadb') ? [] : ['MariaDB tests are skipped: TEST_MYSQL_URL']),
    ...(serviceUrl('TEST_REDIS_URL') === undefined
      ? ['Redis tests are skipped: TEST_REDIS_URL']
      : []),
  ];
  for (const line of missing) console.log(`${line} is not set.`);
}
