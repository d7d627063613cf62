import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** What is on the heap and still needed, in bytes. */
export function heapInUse(): number {
  if (typeof collect !== 'function') throw new Error('This Node does not give out its collector.');
  collect();
  return process.memoryUsage().heapUsed;
}
