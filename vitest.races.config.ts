import { defineConfig } from 'vitest/config';
import { base, build, wholeRun } from './vitest.config.js';

/**
 * Races between processes, and random plays against the session service: in a few minutes, or with
 * `--mode long` with more of them.
 */
export default defineConfig(({ mode }) => {
  const isLong = mode === 'long';
  const { RACES = isLong ? '1' : '0.1', MODEL_RUNS = isLong ? '1000000' : '100000' } = process.env;
  const { test } = base;
  const env = { RACES, MODEL_RUNS };
  const races = ['test/races/**/*.spec.ts'];
  const plays = ['test/sessions/model/**/*.spec.ts'];
  return {
    test: {
      globalSetup: wholeRun,
      projects: [
        // They start processes of their own: one file after the other.
        {
          ...base,
          test: {
            ...test,
            name: 'races',
            include: races,
            globalSetup: build,
            env,
            fileParallelism: false,
            sequence: { groupOrder: 1 },
          },
        },
        // They need nothing but a core each.
        {
          ...base,
          test: {
            ...test,
            name: 'plays',
            include: plays,
            env,
            sequence: { groupOrder: 2 },
          },
        },
      ],
    },
  };
});
