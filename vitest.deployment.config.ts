import { defineConfig } from 'vitest/config';
import { base, build, wholeRun } from './vitest.config.js';

/**
 * The checks of real deployments, one file after the other, for they measure: in a few minutes, or
 * with `--mode long` with their full numbers.
 */
export default defineConfig(({ mode }) => ({
  ...base,
  test: {
    ...base.test,
    include: ['test/deployment/**/*.spec.ts'],
    globalSetup: [...wholeRun, ...build, 'test/deployment/support/summary.ts'],
    env: { DEPLOYMENT_FULL: String(mode === 'long') },
    fileParallelism: false,
  },
}));
