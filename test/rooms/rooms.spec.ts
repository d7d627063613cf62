import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const RULES = '.dependency-cruiser.mjs';

/** A copy of what the rule of the rooms reads. */
function copyOfTheRooms(): string {
  const copy = mkdtempSync(join(String(process.env['TEST_DIRECTORY']), 'rooms-'));
  for (const name of ['lib', RULES, 'rooms.mjs', 'tsconfig.json', 'package.json']) {
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

/** The names of the rules that a copy breaks, each with the file that breaks it. */
async function broken(copy: string): Promise<string[]> {
  const depcruise = join(PROJECT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [depcruise, 'lib', '--config', RULES, '--output-type', 'json'];
  // It ends with the number of errors as its exit code, and with its report all the same.
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: copy,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  const report: { summary: { violations: { rule: { name: string }; from: string }[] } } =
    JSON.parse(stdout);
  return report.summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

describe('the rule of the rooms', { timeout: 120_000 }, () => {
  it('is kept, and sees each way of breaking it', async () => {
    const copy = copyOfTheRooms();
    expect(await broken(copy)).toEqual([]);

    const add = (file: string, code: string) => {
      mkdirSync(join(copy, file, '..'), { recursive: true });
      writeFileSync(join(copy, file), code);
    };
    // A room without a floor, also one that imports nothing.
    add('lib/live/live.ts', 'export const live = true;\n');
    appendFileSync(join(copy, 'lib/index.ts'), "\nexport { live } from './live/live.js';\n");
    // Upward: by value, for a type alone, and by import().
    add(
      'lib/users/up.ts',
      "import { decide } from '../decision/decide.js';\nexport { AuthModule } from '../module/auth.module.js';\nexport { decide };\n",
    );
    add(
      'lib/log/up.ts',
      "import type { AuthModule } from '../module/auth.module.js';\nexport type Up = AuthModule;\n",
    );
    add('lib/tokens/up.ts', "export const up = () => import('../sessions/session.service.js');\n");
    // Two files that import each other.
    add('lib/errors/one.ts', "import type { Two } from './two.js';\nexport type One = Two | 1;\n");
    add('lib/errors/two.ts', "import type { One } from './one.js';\nexport type Two = One | 2;\n");
    // Effects in the pure middle.
    add('lib/decision/effects.ts', "export { createHash } from 'node:crypto';\n");
    // A database that another room, or another database, knows by its folder.
    add('lib/users/kind.ts', "export * from '../database/mysql/adapter.js';\n");
    add('lib/database/sqlite/kind.ts', "export * from '../mysql/adapter.js';\n");
    // A file that nobody uses.
    add('lib/events/alone.ts', 'export const alone = true;\n');

    const found = await broken(copy);
    for (const expected of [
      'no-room-without-a-floor: lib/index.ts',
      'no-import-upward-from-users: lib/users/up.ts',
      'no-import-upward-from-log: lib/log/up.ts',
      'no-import-upward-from-tokens: lib/tokens/up.ts',
      'no-circle: lib/errors/one.ts',
      'pure-decision: lib/decision/effects.ts',
      'databases-by-their-adapters: lib/users/kind.ts',
      'databases-apart: lib/database/sqlite/kind.ts',
      'no-orphan: lib/events/alone.ts',
    ]) {
      expect(found).toContain(expected);
    }
  });
});
