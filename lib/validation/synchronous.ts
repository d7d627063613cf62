import { isAsyncFunction, isGeneratorFunction } from 'node:util/types';
import { isRecord } from './records.js';

/** Whether a function is declared as async or as a generator. Other functions may still return a promise. */
export function isDeclaredAsync(value: unknown): boolean {
  return isAsyncFunction(value) || isGeneratorFunction(value);
}

/**
 * Whether a function of the application returned a promise when an answer was needed at once. The promise's
 * rejection is handled here: an unhandled one would end the process.
 */
export function isLateAnswer(value: unknown): boolean {
  if (!isRecord(value) || typeof value['then'] !== 'function') return false;
  Promise.resolve(value).catch(() => undefined);
  return true;
}
