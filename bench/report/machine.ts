import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';

/** Where and with what it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly system: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly pinning: string;
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = [
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  '@nestjs/passport',
  'passport-jwt',
  'jsonwebtoken',
  'typeorm',
  'pg',
  'ioredis',
  'better-sqlite3',
  'undici',
];
const PEERS = ['better-auth', '@thallesp/nestjs-better-auth', 'express-jwt', '@fastify/jwt'];

export function machine(pinning: string): Machine {
  const [cpu] = cpus();
  const own = new URL('../../../node_modules/', import.meta.url);
  const peers = new URL('../../../bench/peers/node_modules/', import.meta.url);
  return {
    cpu: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}`,
    // Without what whoever built the kernel calls it.
    system: `${platform()} ${release().replace(/-.*/, '')} ${arch()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    pinning,
    versions: Object.fromEntries([
      ...PACKAGES.map((name) => [name, versionOf(own, name)]),
      ...PEERS.map((name) => [name, versionOf(peers, name)]),
    ]),
  };
}

/** By the file: most packages do not export their package.json. */
function versionOf(directory: URL, name: string): string {
  try {
    const text = readFileSync(new URL(`${name}/package.json`, directory), 'utf8');
    return String(Object(JSON.parse(text)).version);
  } catch {
    return 'not installed';
  }
}
