import { isAsyncFunction, isGeneratorFunction } from 'node:util/types';
import { isRecord } from './records.js';

/** Whether a function is declared in a way that it cannot answer at once. Others may still return a promise. */
export function isDeclaredAsync(value: unknown): boolean {
  return isAsyncFunction(value) || isGeneratorFunction(value);
}

/**
 * Whether a function of the application returned a promise where an answer was needed at once. A rejection of it
 * is taken care of: one that nobody handles ends the process.
 */
export function isLateAnswer(value: unknown): boolean {
  if (!isRecord(value) || typeof value['then'] !== 'function') return false;
  Promise.resolve(value).catch(() => undefined);
  return true;
}
