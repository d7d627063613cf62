import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** The checks of real deployments with their full numbers, one file after the other: they measure. */
export default mergeConfig(
  base,
  defineConfig({ test: { env: { DEPLOYMENT_FULL: 'true' }, fileParallelism: false } }),
);
