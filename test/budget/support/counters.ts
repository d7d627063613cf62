/** What a request costs, in things that can be counted, whatever else the machine does. */
import { createHook } from 'node:async_hooks';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'better-sqlite3';
import * as mysql from 'mysql2';
import { Client } from 'pg';
import type { DatabaseKind } from '../../support/databases.js';

/** Counts the calls of a method from here on, until it is undone. */
function counted(owner: object, name: string): { count(): number; undo(): void } {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new Error(`There is no method ${name}.`);
  let calls = 0;
  Reflect.set(owner, name, function counting(this: unknown, ...given: unknown[]) {
    calls++;
    return Reflect.apply(original, this, given);
  });
  return { count: () => calls, undo: () => void Reflect.set(owner, name, original) };
}

/** How often methods are called while something runs. */
export async function callsDuring(
  methods: readonly (readonly [owner: object, name: string])[],
  run: () => unknown,
): Promise<number> {
  const counters = methods.map(([owner, name]) => counted(owner, name));
  // Named imports of Node's own modules see the change after this.
  syncBuiltinESMExports();
  try {
    await run();
    return counters.reduce((sum, counter) => sum + counter.count(), 0);
  } finally {
    for (const counter of counters) counter.undo();
    syncBuiltinESMExports();
  }
}

/** How often a signature is checked while something runs, by any of Node's ways to do so. */
export function signaturesDuring(run: () => unknown): Promise<number> {
  return callsDuring(
    [
      [crypto, 'createHmac'],
      [crypto, 'createVerify'],
      [crypto, 'verify'],
    ],
    run,
  );
}

/** How often metadata is read while something runs. */
export function metadataReadsDuring(run: () => unknown): Promise<number> {
  const names = ['getMetadata', 'getOwnMetadata', 'hasMetadata', 'hasOwnMetadata'];
  return callsDuring(
    names.map((name) => [Reflect, name]),
    run,
  );
}

/** How many statements a driver is given while something runs, by all of its connections. */
export function statementsDuring(kind: DatabaseKind, run: () => unknown): Promise<number> {
  if (kind === 'postgres') return callsDuring([[Client.prototype, 'query']], run);
  if (kind === 'mariadb') {
    // What connections of a pool, and others, have in common.
    const connection: object = Object.getPrototypeOf(mysql.Connection.prototype);
    return callsDuring(
      ['query', 'execute'].map((name) => [connection, name]),
      run,
    );
  }
  const database = new Database(':memory:');
  const statement: object = Object.getPrototypeOf(database.prepare('SELECT 1'));
  database.close();
  return callsDuring(
    ['all', 'get', 'run', 'iterate'].map((name) => [statement, name]),
    run,
  );
}

/** How many promises are made while something runs that does not wait. */
export function promisesDuring(run: () => void): number {
  const counter = promises();
  try {
    run();
  } finally {
    counter.stop();
  }
  return counter.count();
}

/** How many promises are made until something is done; with a few of the count's own, always as many. */
export async function promisesUntil(run: () => unknown): Promise<number> {
  const counter = promises();
  try {
    await run();
  } finally {
    counter.stop();
  }
  return counter.count();
}

function promises(): { count(): number; stop(): void } {
  let made = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') made++;
    },
  });
  hook.enable();
  return { count: () => made, stop: () => void hook.disable() };
}
