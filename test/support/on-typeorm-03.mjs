// Runs the tests with TypeORM 0.3, in a copy with modules of its own: what tests start as processes loads it too.
//
//     npm run test:typeorm03                                  the rooms that use it, with the newest 0.3
//     npm run test:typeorm03 -- --all                         all of them
//     npm run test:typeorm03 -- test/migration --bail 1       those, with options for vitest
//     TYPEORM=0.3.26 npm run test:typeorm03                   with that version
//
//     TYPEORM=0.3.20 BETTER_SQLITE3=9 npm run test:typeorm03  and with the better-sqlite3 that it asks for
import { spawnSync } from 'node:child_process';
import { constants, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject, PROJECT, suites } from './working-copy.mjs';

/** The rooms that call TypeORM, or whose statements run in an application's transactions; and the stories. */
const ROOMS = [
  'auth',
  'budget',
  'cli',
  'database',
  'guards',
  'log',
  'migration',
  'module',
  'revocation',
  'routes',
  'sessions',
  'stories',
  'users',
].map((room) => `test/${room}/`);

const { TYPEORM = '0.3', BETTER_SQLITE3 } = process.env;
const given = process.argv.slice(2).filter((argument) => argument !== '--all');
const rooms = process.argv.includes('--all') ? suites : ROOMS;
const selected = given.some((argument) => argument.startsWith('test/')) ? [] : rooms;
const project = mkdtempSync(join(tmpdir(), 'typeorm-03-'));

const run = (command, ...args) =>
  spawnSync(command, args, { cwd: project, stdio: 'inherit' }).status === 0;

try {
  copyProject(project);
  cpSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  const wanted = [`typeorm@${TYPEORM}`];
  if (BETTER_SQLITE3 !== undefined) wanted.push(`better-sqlite3@${BETTER_SQLITE3}`);
  const quiet = [
    '--silent',
    '--prefer-offline',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--legacy-peer-deps',
  ];
  const passed =
    run('npm', 'install', ...quiet, ...wanted) &&
    (BETTER_SQLITE3 === undefined || run('npm', 'rebuild', 'better-sqlite3')) &&
    run('node', '-p', "'TypeORM ' + require('./node_modules/typeorm/package.json').version") &&
    run('npx', 'vitest', 'run', ...selected, ...given);
  if (!passed) process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
