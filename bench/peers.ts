import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Adapter, Variant } from './variants.js';

const DIRECTORY = new URL('../../bench/peers/', import.meta.url);
const SERVER = fileURLToPath(new URL('server.mjs', DIRECTORY));

const PEERS: readonly {
  readonly adapter: Adapter;
  readonly script: string;
  readonly name: string;
}[] = [
  {
    adapter: 'express',
    script: 'express-jwt',
    name: 'express-jwt with isRevoked (a Set), HS256, key object',
  },
  {
    adapter: 'express',
    script: 'better-auth',
    name: "better-auth's guard, its session in SQLite",
  },
  { adapter: 'fastify', script: 'fastify-jwt', name: '@fastify/jwt with trusted (a Set), HS256' },
];

/** Other packages are installed in a directory of their own, by whoever wants to see them. */
export function hasPeers(): boolean {
  return existsSync(new URL('node_modules', DIRECTORY));
}

/** What other packages do, on the adapter that they are made for. */
export function peers(adapter: Adapter): Variant[] {
  return PEERS.filter((peer) => peer.adapter === adapter).map(({ script, name }) => ({
    name,
    adapter,
    guarded: true,
    program: [SERVER, script],
  }));
}
