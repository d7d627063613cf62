import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

const { RACES = '1', MODEL_RUNS = '100000' } = process.env;

/** The races between processes, and the plays of the model, with their full numbers or those that are asked for. */
export default mergeConfig(
  base,
  defineConfig({ test: { env: { RACES, MODEL_RUNS }, fileParallelism: false } }),
);
