#!/usr/bin/env node
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { dataSourceIn, optionsIn } from './modules.mjs';
import { adapterOf } from '../database/adapters.js';
import { authTriggersSql } from '../migration/auth-triggers.js';

const USAGE = `Usage: nestjs-revocable-jwt triggers --data-source FILE --options FILE [--realm REALM] [--no-notify]

Prints the SQL of the triggers that tracked mode needs, so that somebody can review it, or run it with rights
that the application does not have. It reads the database's catalog and changes nothing.

  --data-source, -d  a module that exports a TypeORM DataSource, as for TypeORM's own command line
  --options, -o      a module that exports the options of AuthModule.forRoot(), or a function that returns them
  --realm            the realm of the AuthModule; default jwt
  --no-notify        PostgreSQL: triggers without NOTIFY, for applications that use PREPARE TRANSACTION`;

run().then(
  (sql) => console.log(sql),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);

async function run(): Promise<string> {
  const { values, positionals } = given();
  if (values.help) return USAGE;
  const { 'data-source': dataSourceFile, options: optionsFile, realm } = values;
  if (
    positionals.join() !== 'triggers' ||
    dataSourceFile === undefined ||
    optionsFile === undefined
  ) {
    throw new Error(USAGE);
  }
  const dataSource = await dataSourceIn(dataSourceFile);
  const options = await optionsIn(optionsFile);
  if (!dataSource.isInitialized) await dataSource.initialize();
  try {
    const watch = { options, realm, notify: !values['no-notify'] };
    return adapterOf(dataSource).triggers.script(await authTriggersSql(dataSource, watch));
  } finally {
    await dataSource.destroy();
  }
}

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'data-source': { type: 'string', short: 'd' },
        options: { type: 'string', short: 'o' },
        realm: { type: 'string' },
        'no-notify': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    // An option that is not known, or lacks its value.
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`${problem}\n\n${USAGE}`, { cause: error });
  }
}
