// A server that is guarded by another package: `server.mjs express-jwt`. In plain JavaScript, because the
// packages are installed in this directory alone (`npm ci --prefix bench/peers`), where the compiler
// does not look. It answers the same questions as the servers in ../server.
import 'reflect-metadata';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

const { open } = await import(`./${process.argv[2]}.mjs`);

class MeController {
  me() {
    return { id: 1, email: 'alice@example.com', name: 'Alice' };
  }
}
Controller('me')(MeController);
Get()(MeController.prototype, 'me', Object.getOwnPropertyDescriptor(MeController.prototype, 'me'));

const peer = await open();
class AppModule {}
Module({ imports: peer.imports ?? [], controllers: [MeController] })(AppModule);
const app = await NestFactory.create(AppModule, peer.adapter, {
  logger: ['error', 'warn'],
  ...peer.nest,
});
await peer.prepare?.(app);
await app.listen(0, '127.0.0.1');

async function answer({ ask, count, from, token }) {
  if (ask === 'tokens') return { kind: 'tokens', tokens: await peer.tokens(count, from) };
  if (ask === 'revoke') await peer.revoke(token);
  if (ask === 'collect') globalThis.gc();
  if (ask !== 'usage') return { kind: 'done' };
  const { user, system } = process.cpuUsage();
  const heapBytes = getHeapStatistics().used_heap_size;
  // The observer is told of a collection in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    kind: 'usage',
    usage: { cpuMicros: user + system, statements: 0, heapBytes, collections },
  };
}

process.on('message', (asked) => {
  answer(asked).then(
    (given) => process.send(given),
    (error) => process.send({ kind: 'failed', reason: String(error?.stack) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({
  kind: 'listening',
  port: app.getHttpServer().address().port,
  revokes: peer.revoke !== undefined,
});
