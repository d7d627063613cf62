/**
 * Applications that had JWT authentication before. A kept patch puts the packed library into each of them, and the
 * tests that they had go on to pass.
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyBinaries, pack } from '../package/support/consumer.js';
import { runIn } from '../package/support/run-in.js';
import {
  createTestDatabase,
  type DatabaseKind,
  describeOnDatabases,
} from '../support/databases.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const INSTALL = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];

interface Adopted {
  /** Its folder here. */
  readonly name: string;
  readonly database: DatabaseKind;
  /** What its test runner says of so many tests. */
  readonly passed: (count: number) => RegExp;
  readonly before: number;
  readonly after: number;
}

const APPLICATIONS: readonly Adopted[] = [
  {
    name: 'nest11-commonjs',
    database: 'sqlite',
    passed: (count) => new RegExp(`Tests: +${count} passed, ${count} total`),
    before: 7,
    after: 10,
  },
  {
    name: 'nest12-esm',
    database: 'postgres',
    passed: (count) => new RegExp(`Tests +${count} passed \\(${count}\\)`),
    before: 5,
    after: 10,
  },
  {
    name: 'nest11-webpack',
    database: 'sqlite',
    passed: (count) => new RegExp(`# pass ${count}\\n# fail 0`),
    before: 4,
    after: 7,
  },
];

/** Paths that a patch changes or deletes, without those that it adds. */
const touched = (patch: string) =>
  [...patch.matchAll(/^--- a\/(.+)$/gm)].map(([, path = '']) => path);

it('every application here is adopted', async () => {
  const entries = await readdir(HERE, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual(APPLICATIONS.map(({ name }) => name).sort());
});

describe.each(APPLICATIONS)('$name', ({ name, database: kind, passed, before, after }) => {
  describeOnDatabases(() => {
    const patch = join(HERE, name, 'adopt.patch');
    let root: string;
    const made: { drop?: () => Promise<void>; env: Record<string, string> } = { env: {} };
    const run = (command: string, ...args: readonly string[]) =>
      runIn(root, command, args, made.env);
    const tested = async () => {
      await run('npm', 'run', 'build');
      return run('npm', 'run', 'test:e2e');
    };
    beforeAll(async () => {
      const database = await createTestDatabase(kind);
      made.drop = () => database.drop();
      // The same before and after: the library comes to users that are there.
      made.env['DATABASE_URL'] = database.url;
      root = await mkdtemp(join(tmpdir(), `adopting-${name}-`));
      await cp(join(HERE, name), root, { recursive: true });
      await run('npm', ...INSTALL);
      await copyBinaries(root);
    });
    afterAll(async () => {
      await rm(root, { recursive: true, force: true });
      await made.drop?.();
    });

    it('its tests pass before', async () => {
      expect(await tested()).toMatch(passed(before));
    });

    it('the patch leaves these tests as they are', async () => {
      expect(touched(await readFile(patch, 'utf8'))).not.toContainEqual(
        expect.stringMatching(/^test\//),
      );
    });

    it('they pass after, and so do those of the patch', async () => {
      await run('npm', ...INSTALL, await pack(root));
      await copyBinaries(root);
      await run('git', 'apply', 'adopt.patch');
      expect(await tested()).toMatch(passed(after));
    });
  }, [kind]);
});
