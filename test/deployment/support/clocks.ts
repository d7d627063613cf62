const PRELOAD = { NODE_OPTIONS: `--import ${new URL('clocks.mjs', import.meta.url).href}` };

/** What gives processes the clocks of `clocks.mjs`, one for each: the first loses no time. */
export const CLOCKS: readonly NodeJS.ProcessEnv[] = [
  PRELOAD,
  { ...PRELOAD, CLOCKS: 'suspended' },
  { ...PRELOAD, CLOCKS: 'set-back' },
];
