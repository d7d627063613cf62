import { defineConfig } from 'vitest/config';
import { base, globalSetup } from './vitest.config.js';

/**
 * The checks of real deployments, one file after the other, for they measure: in a few minutes, or
 * with `--mode long` with their full numbers.
 */
export default defineConfig(({ mode }) => ({
  ...base,
  test: {
    ...base.test,
    include: ['test/deployment/**/*.spec.ts'],
    exclude: [],
    globalSetup: [...globalSetup, 'test/deployment/support/summary.ts'],
    env: { DEPLOYMENT_FULL: String(mode === 'long') },
    fileParallelism: false,
    // Servers and processes are started there.
    hookTimeout: 240_000,
  },
}));
