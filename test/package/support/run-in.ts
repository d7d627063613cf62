import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs a command in a directory, with nothing of this process's environment but what programs need; gives what it
 * printed.
 */
export async function runIn(
  cwd: string,
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { HOME, PATH } = process.env;
  try {
    const options = { cwd, env: { HOME, PATH, CI: 'true', NO_COLOR: '1', ...more } };
    const { stdout, stderr } = await promisify(execFile)(command, args, options);
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error);
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
