import { defineConfig } from 'vitest/config';
import { base, build, wholeRun } from './vitest.config.js';

/** The packed library in applications as `nest new` makes them, with each loader: they install for minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/package/loaders.spec.ts'],
    globalSetup: [...wholeRun, ...build],
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
