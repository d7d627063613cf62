// Prints `N passed, N failed` from what vitest's JSON reporter wrote; exits 1 unless all passed.
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  passed = numPassedTests;
  // A file that does not load has no tests to fail.
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  failed = numFailedTests + unloaded.length;
} catch {
  console.error('The tests were not run to the end.');
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
