// Prints what failed, and last `N passed, N failed`, over the files that vitest's JSON reporter wrote; exits 1
// unless all passed.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** How much of each: the seed of a random test is in its first lines. */
const LINES = 20;

function told({ fullName, failureMessages }) {
  const lines = failureMessages.join('\n').split('\n').slice(0, LINES);
  return [`\nfailed: ${fullName}`, ...lines].join('\n  ');
}

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    // A file that does not load has no tests to fail.
    const unloaded = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    for (const { assertionResults } of report.testResults) {
      for (const one of assertionResults) if (one.status === 'failed') console.log(told(one));
    }
    for (const { name, message } of unloaded) {
      console.log(told({ fullName: basename(name), failureMessages: [message] }));
    }
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
