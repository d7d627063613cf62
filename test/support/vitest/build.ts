/** Builds what specs start as programs, before the first of them, where the sources are newer. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** The scripts of package.json, each with the folder that it compiles; the application needs the library. */
const BUILDS = [
  { script: 'build', folder: 'lib' },
  { script: 'build:app', folder: 'sample-app' },
] as const;

export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(async () => build());
}

function build(): void {
  for (const { script, folder } of BUILDS) {
    const stamp = join('dist', `${folder}.built`);
    const begun = new Date();
    if (changedAt('tsconfig.json', folder) < changedAt(stamp)) continue;
    console.log(`npm run ${script}`);
    execFileSync('npm', ['run', '--silent', script], { stdio: 'inherit' });
    // A source that was saved meanwhile is newer than this.
    writeFileSync(stamp, '');
    utimesSync(stamp, begun, begun);
  }
}

/** When any of these last changed; folders too, as a file that is gone changes its folder alone. */
function changedAt(...paths: readonly string[]): number {
  const times = paths.map((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 0;
    const within = found.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [];
    return Math.max(found.mtimeMs, changedAt(...within));
  });
  return Math.max(0, ...times);
}
