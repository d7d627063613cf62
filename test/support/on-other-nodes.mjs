// Runs the tests on other versions of Node, each in a clean copy with modules of its own, since native
// modules are compiled for one version:
//
//     npm run test:node                  the oldest of each line that is supported, and the newest
//     npm run test:node -- 22 24.0.0     those
//
// Node itself comes from the npm package `node`, whose copy brings the headers for the compiler too.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { copyProject, suites } from './working-copy.mjs';

const versions = process.argv.slice(2);
if (versions.length === 0) versions.push('20.19.0', '22.12.0', '22', '24');

/**
 * From Node 24.19 on, its headers make better-sqlite3 12 abort the process in a garbage collection
 * (`RemoveEnvironmentCleanupHook … (env) != nullptr`). Compiled with older ones it runs on the newest,
 * as the prebuilt binaries do.
 */
const headersFor = (version) => (version.startsWith('24') ? '24.18.0' : version);

/** Installs a version of Node; gives the directory with `bin` and `include`. */
function install(version, directory) {
  // Each in a place of its own: a second install would prune what the first one's script fetched.
  const prefix = mkdtempSync(join(directory, `node-${version}-`));
  execFileSync('npm', ['install', '--silent', '--prefix', prefix, `node@${version}`]);
  const distribution = `node-${process.platform}-${process.arch}`;
  return join(prefix, 'node_modules/node/node_modules', distribution);
}

function testOn(version) {
  const directory = mkdtempSync(join(tmpdir(), `node-${version}-`));
  try {
    const project = join(directory, 'project');
    const distribution = install(version, directory);
    copyProject(project);
    const env = {
      ...process.env,
      PATH: join(distribution, 'bin') + delimiter + process.env.PATH,
      npm_config_nodedir: install(headersFor(version), directory),
    };
    const run = (command, ...args) => {
      const { status } = spawnSync(command, args, { cwd: project, env, stdio: 'inherit' });
      return status === 0;
    };
    run('node', '--version');
    return (
      run('npm', 'ci', '--silent', '--prefer-offline', '--no-audit', '--no-fund') &&
      run('npx', 'vitest', 'run', '--reporter=dot', ...suites)
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const outcomes = versions.map((version) => [version, testOn(version)]);
for (const [version, passed] of outcomes) {
  console.log(`Node ${version}: ${passed ? 'passed' : 'FAILED'}`);
  if (!passed) process.exitCode = 1;
}
