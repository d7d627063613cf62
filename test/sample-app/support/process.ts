import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SECRET, talkingTo } from './running-app.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** `npm test` has built it. */
const MAIN = 'dist/sample-app/main.js';

/** The real application in a process of its own. */
export interface AppProcess extends ReturnType<typeof talkingTo> {
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<Ending>;
  /** Sends a signal that does not end it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** What it has said so far. */
  readonly output: Pick<Ending, 'stdout' | 'stderr'>;
}

/** How a process ended, and what it said. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the application, or another one, and waits until it listens.
 *
 * @param main of another one, which says where it listens as the sample application does
 */
export async function start(env: NodeJS.ProcessEnv, main = MAIN): Promise<AppProcess> {
  const { child, output, ended } = launch({ AUTH_JWT_SECRET: SECRET, PORT: '0', ...env }, main);
  const listening = new Promise<string>((resolve) => {
    child.stdout?.on('data', () => {
      const [, url] = /^listening on (http:\S+)$/m.exec(output.stdout) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  const outcome = await Promise.race([listening, ended]);
  if (typeof outcome !== 'string') throw new Error(`It did not start: ${outcome.stderr}`);
  return {
    ...talkingTo(outcome),
    stop(signal) {
      child.kill(signal);
      return ended;
    },
    signal: (signal) => void child.kill(signal),
    output,
  };
}

/** Runs `main.js` until it ends by itself. */
export function run(env: NodeJS.ProcessEnv): Promise<Ending> {
  return launch(env).ended;
}

function launch(env: NodeJS.ProcessEnv, main = MAIN) {
  const { PATH } = process.env;
  const child: ChildProcess = spawn(process.execPath, [main], { cwd: ROOT, env: { PATH, ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (output.stderr += text.toString()));
  const ended = once(child, 'close').then((): Ending => ({
    code: child.exitCode,
    signal: child.signalCode,
    ...output,
  }));
  return { child, output, ended };
}
