import { appendFileSync } from 'node:fs';

/** The variable that names the file which becomes the summary. */
export const REPORT = 'DEPLOYMENT_REPORT';

/** Notes a measurement in the summary at the end of the run. */
export function report(line: string): void {
  const file = process.env[REPORT];
  if (file === undefined) console.log(line);
  else appendFileSync(file, `  ${line}\n`);
}
