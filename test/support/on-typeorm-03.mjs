// Runs the tests with TypeORM 0.3, in a copy with modules of its own: what tests start as processes loads it too.
//
//     npm run test:typeorm03                                  all of them, with the newest 0.3
//     npm run test:typeorm03 -- test/migration --bail 1       those, with options for vitest
//     TYPEORM=0.3.26 npm run test:typeorm03                   with that version
import { spawnSync } from 'node:child_process';
import { constants, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject, PROJECT, suites } from './working-copy.mjs';

const { TYPEORM = '0.3' } = process.env;
const given = process.argv.slice(2);
const selected = given.some((argument) => argument.startsWith('test/')) ? [] : suites;
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
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  const passed =
    run('npm', 'install', '--silent', '--prefer-offline', ...quiet, `typeorm@${TYPEORM}`) &&
    run('node', '-p', "'TypeORM ' + require('./node_modules/typeorm/package.json').version") &&
    run('npx', 'vitest', 'run', ...selected, ...given);
  if (!passed) process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
