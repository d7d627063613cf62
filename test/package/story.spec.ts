/** The commands of the README's story, run as they stand there against the sample application. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { codeBlocks } from '../support/code-blocks.js';

const MAIN = fileURLToPath(new URL('../../dist/sample-app/main.js', import.meta.url));
const isThere = (command: string) =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
const toolsMissing = ['bash', 'curl'].filter((command) => !isThere(command));
const title =
  toolsMissing.length === 0
    ? 'the story of the README'
    : `the story of the README (skipped: no ${toolsMissing.join(' and no ')} here)`;

describe.skipIf(toolsMissing.length > 0)(title, () => {
  it('ends with the answer that it shows', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'story-'));
    const app = spawn(process.execPath, [MAIN], {
      cwd: directory,
      env: { PATH: process.env['PATH'], PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      let url = '';
      for await (const line of createInterface(app.stdout)) {
        [, url = ''] = /^listening on (http:\S+)$/.exec(line) ?? [];
        if (url !== '') break;
      }
      expect(url, 'the sample application was built and starts').not.toBe('');
      const blocks = codeBlocks('sh', 'story');
      expect(blocks).toHaveLength(4);
      const script = blocks
        .map((block) => `${block}\necho`)
        .join('\n')
        .replaceAll('http://127.0.0.1:3000', url);
      const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
      const [, me, changed, refused] = stdout.split('\n').map((line) => line && JSON.parse(line));
      expect(me).toMatchObject({ email: 'alice@example.com', status: 'active' });
      const [shown = ''] = codeBlocks('json', 'alice');
      expect(Object.keys(me)).toEqual(Object.keys(JSON.parse(shown)));
      expect(changed).toMatchObject({ email: 'alice@example.com', status: 'disabled' });
      const [answer = ''] = codeBlocks('json', 'answer');
      expect(refused).toEqual(JSON.parse(answer));
    } finally {
      app.kill('SIGKILL');
      if (app.exitCode === null && app.signalCode === null) await once(app, 'exit');
      await rm(directory, { recursive: true, force: true });
    }
  });
});
