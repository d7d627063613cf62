import 'reflect-metadata';
import { afterAll, vi } from 'vitest';

// The next file may be in this process.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
