// Prints `N passed, N failed` from the files that vitest's JSON reporter wrote; exits 1 unless all passed.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    passed += numPassedTests;
    // A file that does not load has no tests to fail.
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    failed += numFailedTests + unloaded.length;
  } catch {
    console.error(`${basename(file, '.json')} were not run to the end.`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
