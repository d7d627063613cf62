import { defineConfig } from 'vitest/config';
import { base, build, wholeRun } from './vitest.config.js';

/** The packed library in applications that had JWT authentication before: they install for minutes. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/adoption/adoption.spec.ts'],
    globalSetup: [...wholeRun, ...build],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
