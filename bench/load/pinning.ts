import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which core a process may use. */
export interface Pinning {
  /** For the report. */
  readonly description: string;
  /** The command line under which a server runs. */
  server(argv: [string, ...string[]]): [string, ...string[]];
}

/**
 * Servers on the first core, the load on the last one: a generator on the server's core would slow it
 * down, the more the faster it answers. With `taskset` of Linux; elsewhere the scheduler decides.
 */
export function pinning(): Pinning {
  const cores = availableParallelism();
  const { status } = spawnSync('taskset', ['-acp', String(cores - 1), String(process.pid)]);
  if (status !== 0 || cores < 2) {
    return { description: 'processes are not pinned to cores', server: (argv) => argv };
  }
  return {
    description: `servers on core 0, load on core ${cores - 1}, databases on any`,
    server: (argv) => ['taskset', '-c', '0', ...argv],
  };
}
