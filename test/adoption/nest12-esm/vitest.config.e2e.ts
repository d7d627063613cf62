import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: { include: ['**/*.e2e-spec.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
