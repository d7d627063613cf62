#!/usr/bin/env node
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { dataSourceIn, optionsIn } from './modules.js';
import { script } from './script.js';
import { authTriggersSql } from '../migration/auth-triggers.js';

const USAGE = `Usage: nestjs-revocable-jwt triggers --data-source FILE --options FILE [--name NAME] [--no-notify]

Prints the SQL of the triggers that tracked freshness needs, for review or for whoever may run it.
It reads the database's catalog and changes nothing.

  --data-source, -d  a module that exports a TypeORM DataSource, as for TypeORM's own command line
  --options, -o      a module that exports the options of AuthModule.forRoot(), or a function that makes them
  --name             the name of the AuthModule instance; default jwt
  --no-notify        PostgreSQL: triggers that do not NOTIFY, which PREPARE TRANSACTION needs`;

try {
  console.log(await run());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(): Promise<string> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'data-source': { type: 'string', short: 'd' },
      options: { type: 'string', short: 'o' },
      name: { type: 'string' },
      'no-notify': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return USAGE;
  const { 'data-source': dataSourceFile, options: optionsFile, name } = values;
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
    const watch = { options, name, notify: !values['no-notify'] };
    return script(dataSource.options.type, await authTriggersSql(dataSource, watch));
  } finally {
    await dataSource.destroy();
  }
}
