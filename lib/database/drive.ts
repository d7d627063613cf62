import type { Result, Statement, Work } from './database.js';

/** Runs work whose statements answer at once. A failed statement is thrown into the work. */
export function driveSync<T>(work: Work<T>, run: (statement: Statement) => Result): T {
  let step = work.next();
  while (step.done !== true) {
    let result: Result;
    try {
      result = run(step.value);
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(result);
  }
  return step.value;
}

/** The same for statements that answer later. */
export async function drive<T>(
  work: Work<T>,
  run: (statement: Statement) => Promise<Result>,
): Promise<T> {
  let step = work.next();
  while (step.done !== true) {
    let result: Result;
    try {
      // One after the other: a transaction has one connection.
      // oxlint-disable-next-line no-await-in-loop
      result = await run(step.value);
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(result);
  }
  return step.value;
}
