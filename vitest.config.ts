import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

export const base = {
  // Nest reads the types of constructor parameters from decorator metadata.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: { 'nestjs-revocable-jwt': fileURLToPath(new URL('lib/index.ts', import.meta.url)) },
  },
  test: {
    setupFiles: ['test/support/vitest/each-file.ts'],
    pool: 'forks',
    // Most of the time goes into loading; without this, two cores get one process.
    maxWorkers: '100%',
    // These end tests that hang. No test may depend on them: a machine may have ten times as much to do.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
} satisfies ViteUserConfig;

/** Runs once, for every project. */
export const wholeRun = ['test/support/vitest/whole-run.ts'];
/** Builds the library and the sample application, where the sources are newer. */
export const build = ['test/support/vitest/build.ts'];

const specs = (...folders: readonly string[]) =>
  folders.map((folder) => `test/${folder}/**/*.spec.ts`);

/** They take minutes: `npm run test:adoption`, `npm run test:deployment`, `npm run test:races`, `npm run test:loaders`. */
const LONG = [...specs('adoption', 'deployment', 'races'), 'test/package/loaders.spec.ts'];
/** They start what is built as processes of their own. */
const BUILT = specs('cli', 'package', 'sample-app/processes');
/** The sample application, over HTTP. */
const SAMPLE_APP = specs('sample-app/http');
const ALONE = [
  // They measure their process, compile, or play for minutes.
  ...specs(
    'budget',
    'docs',
    'freshness/mass',
    'freshness/simulation',
    'log/ambient',
    'sample-app',
    'sessions/model',
  ),
  // It compiles too.
  'test/clients/generated-client.spec.ts',
  // It replaces a module, which another spec of the process may have loaded.
  'test/log/numbering.spec.ts',
];

const project = (name: string, test: NonNullable<ViteUserConfig['test']>) => ({
  ...base,
  test: { ...base.test, name, ...test },
});

export default defineConfig({
  test: {
    globalSetup: wholeRun,
    projects: [
      // One process runs many of these files, and loads NestJS and TypeORM once.
      project('shared', {
        include: ['test/**/*.spec.ts'],
        exclude: [...LONG, ...BUILT, ...SAMPLE_APP, ...ALONE],
        isolate: false,
      }),
      project('sample-app', {
        include: SAMPLE_APP,
        isolate: false,
        setupFiles: [...base.test.setupFiles, 'test/sample-app/support/cheap-passwords.ts'],
      }),
      project('alone', { include: ALONE, exclude: [...BUILT, ...SAMPLE_APP] }),
      project('built', { include: BUILT, exclude: LONG, globalSetup: build }),
    ],
  },
});
