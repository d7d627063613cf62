import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPORT } from './report.js';

/** Prints at the end, in one piece, what the checks have measured. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'deployment-report-'));
  const file = join(directory, 'report');
  await writeFile(file, '');
  process.env[REPORT] = file;
  return async () => {
    console.log(`\nWhat was measured:\n${await readFile(file, 'utf8')}`);
    await rm(directory, { recursive: true });
  };
}
