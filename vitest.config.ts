import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Nest reads the types of constructor parameters from decorator metadata.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: { 'nestjs-revocable-jwt': fileURLToPath(new URL('lib/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.spec.ts'],
    // Minutes of real processes and faults: `npm run test:deployment`, `npm run test:races`.
    exclude: ['test/deployment/**', 'test/races/**'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Most of the time goes into loading; without this, two cores get one process.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
