import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Pinning } from '../load/pinning.js';
import type { MicroResult } from './main.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Measures the pieces, on the core that the servers are on. */
export function microBenchmarks(pinning: Pinning): Promise<readonly MicroResult[]> {
  const [command, ...args] = pinning.server([process.execPath, '--expose-gc', MAIN]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    let results: readonly MicroResult[] = [];
    child.on('message', (message: readonly MicroResult[]) => (results = message));
    child.on('exit', (code) =>
      code === 0 ? resolve(results) : reject(new Error(`The pieces ended with ${code}.`)),
    );
  });
}
