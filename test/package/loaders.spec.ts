/**
 * The packed library in applications as `nest new` makes them, loaded by whatever loads modules in them, without
 * a line of configuration. Each runs the story of `support/loader-story.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scaffold } from './support/scaffold.js';

/** What the story gives: before and after the revocation, and that @nestjs/swagger was found. */
const TOLD = /200 401 Trades a refresh token/;

const main = (story: string) =>
  `import { story } from '${story}';\nvoid story().then((told) => console.log(told));\n`;

const spec = (story: string, imports = '') =>
  `${imports}import { story } from '${story}';\nit('is told', async () => expect(await story()).toMatch(${TOLD}));\n`;

/** The story, and the classes that `import` and `require` give in one process. */
const nodeTest = (imports: string, esm: string, cjs: string) => `${imports}
test('is told', async () => assert.match(await (await import('./dist/story.js')).story(), ${TOLD}));
test('one copy of everything', async () => {
  const [esm, cjs] = [${esm}, ${cjs}];
  const names = Object.keys(cjs);
  assert.ok(names.length > 40 && names.every((name) => esm[name] === cjs[name]));
  assert.deepEqual(Object.keys(esm).filter((name) => name !== '__esModule').sort(), names.sort());
});
`;
const NODE_TESTS = {
  'loaded.test.mjs': nodeTest(
    `import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
const require = createRequire(import.meta.url);
// Nest is being loaded when the library requires it.
const [library] = await Promise.all([import('nestjs-revocable-jwt'), import('@nestjs/core')]);`,
    'library',
    `require('nestjs-revocable-jwt')`,
  ),
  'loaded.test.cjs': nodeTest(
    `const assert = require('node:assert/strict');
const { test } = require('node:test');
const library = require('nestjs-revocable-jwt');`,
    `await import('nestjs-revocable-jwt')`,
    'library',
  ),
};

const JEST_FILES = { 'src/main.ts': main('./story'), 'src/story.spec.ts': spec('./story') };

/** Everything in one file but native code, which TypeORM is handed over; and but for packages that are not there. */
const WEBPACK = `module.exports = (options, { IgnorePlugin }) => ({
  ...options,
  externals: { 'better-sqlite3': 'commonjs better-sqlite3' },
  plugins: [
    ...options.plugins,
    new IgnorePlugin({ resourceRegExp: /^(@opentelemetry\\/api|ioredis)$/ }),
  ],
});
`;

let project: Scaffold;
const made = (options: Parameters<typeof Scaffold.make>[0]) => {
  beforeAll(async () => {
    project = await Scaffold.make(options);
  }, 600_000);
  afterAll(() => project?.remove());
};

const testedByNode = () =>
  it('node, and node --test', async () => {
    await project.bin('nest', 'build');
    expect(await project.run('node', 'dist/main.js')).toMatch(TOLD);
    await project.run('node', '--test', ...Object.keys(NODE_TESTS));
  });

describe('in an application of NestJS 11, CommonJS', () => {
  made({
    manager: 'npm',
    nest: 11,
    typeorm: '^1.0.0',
    runner: {
      '@types/jest': '^30.0.0',
      jest: '^30.0.0',
      'ts-jest': '^29.2.5',
      'ts-loader': '^9.5.2',
    },
    files: { ...JEST_FILES, ...NODE_TESTS, 'everything.config.js': WEBPACK },
  });

  it('Jest 30 with ts-jest', async () => {
    expect(await project.bin('jest')).toMatch(/Tests: +2 passed, 2 total/);
  });

  testedByNode();

  it.each([
    ['that leaves packages outside', []],
    ['with packages inside', ['--webpackPath', 'everything.config.js']],
  ])('nest build --webpack, %s', async (_, args) => {
    await project.bin('nest', 'build', '--webpack', ...args);
    expect(await project.run('node', 'dist/main.js')).toMatch(TOLD);
  });
});

describe.each([
  ['29', { '@types/jest': '^29.5.0', jest: '^29.7.0', 'ts-jest': '^29.2.5' }],
  ['30', { '@types/jest': '^30.0.0', jest: '^30.0.0', 'ts-jest': '^29.4.0' }],
])('in an application of NestJS 11 and TypeORM 0.3 that pnpm installed', (jest, runner) => {
  made({ manager: 'pnpm', nest: 11, typeorm: '^0.3.26', runner, files: JEST_FILES });

  it(`Jest ${jest} with ts-jest`, async () => {
    expect(await project.bin('jest')).toMatch(/Tests: +2 passed, 2 total/);
  });
});

describe('in an application of NestJS 12, ES modules', () => {
  made({
    manager: 'npm',
    nest: 12,
    typeorm: '^1.0.0',
    runner: { vitest: '^4.1.2', 'vite-tsconfig-paths': '^5.1.4' },
    files: {
      'src/main.ts': main('./story.js'),
      'src/story.spec.ts': spec('./story.js', `import { expect, it } from 'vitest';\n`),
      ...NODE_TESTS,
    },
  });

  it('vitest', async () => {
    expect(await project.bin('vitest', 'run')).toMatch(/Tests +2 passed/);
  });

  testedByNode();
});
