import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databases, serviceUrl } from '../databases.js';

/** Says once, in plain words, which tests this run leaves out; and takes away the files that it leaves. */
export default function setup(): () => void {
  const missing = [
    ...(databases.includes('postgres') ? [] : ['PostgreSQL tests are skipped: TEST_POSTGRES_URL']),
    ...(databases.includes('mariadb') ? [] : ['MariaDB tests are skipped: TEST_MYSQL_URL']),
    ...(serviceUrl('TEST_REDIS_URL') === undefined
      ? ['Redis tests are skipped: TEST_REDIS_URL']
      : []),
    ...(process.env['TEST_CHROMIUM'] ? [] : ['Tests in a browser are skipped: TEST_CHROMIUM']),
  ];
  for (const line of missing) console.log(`${line} is not set.`);
  // Also those of suites that drop no database, or that end before they can.
  const directory = mkdtempSync(join(tmpdir(), 'revocable-jwt-tests-'));
  process.env['TEST_DIRECTORY'] = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
