import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Client } from 'pg';
import type { Usage } from './messages.js';

let statements = 0;
let collections = 0;

/** Begins to count what no counter of Node's has. */
export function count(): void {
  const { query } = Client.prototype;
  Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
    statements++;
    return Reflect.apply(query, this, args);
  };
  new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  }).observe({ entryTypes: ['gc'] });
}

export async function usage(): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const heapBytes = getHeapStatistics().used_heap_size;
  // The observer is told of a collection in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { cpuMicros: user + system, statements, heapBytes, collections };
}
