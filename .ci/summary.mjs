// Prints `N passed, N failed` over the files that vitest's JSON reporter wrote; exits 1 unless all passed.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    // A file that does not load has no tests to fail.
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    passed += report.numPassedTests;
    // An error outside of any test fails the run, and is counted nowhere.
    failed += Math.max(report.numFailedTests + unloaded.length, report.success ? 0 : 1);
  } catch {
    console.error(`${basename(file)} was not run to the end.`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
