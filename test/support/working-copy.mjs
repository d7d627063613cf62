import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** All but those that install the package: `--exclude` does not reach the projects of the configuration. */
export const suites = readdirSync(join(PROJECT, 'test'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'package')
  .map(({ name }) => `test/${name}/`);

/** Copies what the working tree holds, committed or not. */
export function copyProject(to) {
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: PROJECT });
  for (const path of listed.toString().split('\0')) {
    if (path !== '' && existsSync(join(PROJECT, path))) {
      cpSync(join(PROJECT, path), join(to, path), { recursive: true });
    }
  }
}
