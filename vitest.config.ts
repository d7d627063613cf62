import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

export const base = {
  // Nest reads the types of constructor parameters from decorator metadata.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: { 'nestjs-revocable-jwt': fileURLToPath(new URL('lib/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.spec.ts'],
    // Minutes of real processes and faults: `npm run test:deployment`, `npm run test:races`.
    exclude: ['test/deployment/**', 'test/races/**'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Most of the time goes into loading; without this, two cores get one process.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // What is waited for comes of real databases, and a machine may be slow.
    expect: { poll: { timeout: 10_000 } },
  },
} satisfies ViteUserConfig;

/** Run once, whatever projects there are. */
export const globalSetup = ['test/global-setup.ts'];

/**
 * Suites that leave nothing behind in their process, so that many of them may share one, and load NestJS and
 * TypeORM once. Not those that measure a process, or wait for what others do in it.
 */
const SHARING = [
  'auth',
  'database',
  'decision',
  'decorators',
  'errors',
  'events',
  'guards',
  'health',
  'hostile',
  'interceptors',
  'log',
  'migration',
  'module',
  'options',
  'passport',
  'revocation',
  'routes',
  'stories',
  'telemetry',
  'tokens',
  'transport',
  'users',
  'validation',
].map((folder) => `test/${folder}/**/*.spec.ts`);

export default defineConfig({
  test: {
    globalSetup,
    projects: [
      { ...base, test: { ...base.test, name: 'sharing', include: SHARING, isolate: false } },
      {
        ...base,
        test: { ...base.test, name: 'alone', exclude: [...base.test.exclude, ...SHARING] },
      },
    ],
  },
});
