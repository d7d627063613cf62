/** The command that prints the SQL of the triggers, as it is packed. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { AUTH_ENTITIES } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { planOf } from '../../lib/migration/auth-triggers.js';
import { openAuthDatabase } from '../support/open-database.js';
import { coverage } from '../../lib/log/triggers/coverage.js';
import { createTestDatabase, describeOnDatabases } from '../support/databases.js';
import { authOptions } from './fixtures/auth-options.mjs';
import { Member } from './fixtures/members.mjs';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/lib/cli/main.mjs', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const print = (args: readonly string[], dataSource: object = {}) =>
  run(process.execPath, [MAIN, ...args], {
    env: { ...process.env, TEST_DATA_SOURCE: JSON.stringify(dataSource) },
  });

describeOnDatabases((kind) => {
  it('prints what a shell of the database can run, after which nothing is missing', async () => {
    const database = await createTestDatabase(kind);
    const dataSource = await database.connect({
      entities: [Member, ...AUTH_ENTITIES],
      synchronize: true,
    });
    const plan = planOf(dataSource, { options: authOptions() });
    const missing = async () =>
      (await coverage(openAuthDatabase(dataSource), dataSource, plan)).problems;
    expect(await missing()).not.toEqual([]);

    const files = ['-d', fixture('data-source.mjs'), '--options', fixture('auth-options.mjs')];
    const { stdout } = await print(['triggers', ...files], database.options);
    await runScript(dataSource, stdout);
    expect(await missing()).toEqual([]);
    await database.drop();
  });
});

/** As the database's shell would. */
async function runScript(dataSource: DataSource, script: string): Promise<void> {
  const { options } = dataSource;
  if (options.type === 'better-sqlite3') {
    const shell = new Database(options.database);
    shell.exec(script);
    shell.close();
  } else if (options.type === 'postgres') {
    await dataSource.query(script);
  } else {
    expect(script).toMatch(/^DELIMITER \$\$\n[^]*\nDELIMITER ;\n$/);
    const statements = script.split('\n$$\n').map((sql) => sql.replace(/^\s*DELIMITER \$\$/, ''));
    // oxlint-disable-next-line no-await-in-loop
    for (const sql of statements.slice(0, -1)) await dataSource.query(sql);
  }
}

it.each([
  [[], /^Usage:/m],
  [['drop', '-d', 'a', '-o', 'b'], /^Usage:/m],
  [['triggers', '--name', 'jwt'], /'--name'[^]*\[--realm REALM\]/],
  [['triggers', '-d', 'nowhere.mjs', '-o', fixture('auth-options.mjs')], /nowhere\.mjs/],
  [['triggers', '-d', fixture('members.mjs'), '-o', 'b'], /exports no DataSource/],
  [
    ['triggers', '-d', fixture('data-source.mjs'), '-o', fixture('members.mjs')],
    /exports no options/,
  ],
])('says what is wrong with %j', async (args, said) => {
  const failed = print(args, { type: 'better-sqlite3', database: ':memory:' });
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(said) });
});
