import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/**
 * Races between processes, and random plays against the session service: in a few minutes, or with
 * `--mode long` with their full numbers.
 */
export default defineConfig(({ mode }) => {
  const isLong = mode === 'long';
  const { RACES = isLong ? '1' : '0.1', MODEL_RUNS = isLong ? '100000' : '10000' } = process.env;
  return {
    ...base,
    test: {
      ...base.test,
      include: ['test/races/**/*.spec.ts', 'test/sessions/model/**/*.spec.ts'],
      exclude: [],
      env: { RACES, MODEL_RUNS },
      fileParallelism: false,
    },
  };
});
