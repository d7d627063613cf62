import { fileURLToPath } from 'node:url';
import { serverProgram } from './load/child.js';
import type { CheckSpec, GuardSpec, KeySpec, ServerSpec } from './server/spec.js';

/** One way to guard `GET /me`, on one adapter. */
export interface Variant {
  /** What it is; the same on both adapters. */
  readonly name: string;
  readonly adapter: ServerSpec['adapter'];
  /** The script of its server, and the arguments. */
  readonly program: readonly string[];
  /** Whether a token is asked for at all. */
  readonly guarded: boolean;
  /** Connections that the load holds. Default 32. */
  readonly connections?: number;
  /** Different tokens that the load sends in turn. Default 1. */
  readonly tokens?: number;
}

/** Where the databases of a run are. */
export interface Databases {
  readonly sqlite: string;
  /** Absent where no PostgreSQL was named; so is what needs it. */
  readonly postgres?: string | undefined;
  readonly redis?: string | undefined;
}

export type Adapter = ServerSpec['adapter'];
export const ADAPTERS: readonly Adapter[] = ['express', 'fastify'];

const OBJECT: KeySpec = { algorithm: 'HS256', key: 'object' };
const TEXT: KeySpec = { algorithm: 'HS256', key: 'text' };

/** The names that ratios are given against. */
export const NAMES = {
  none: 'no guard',
  noop: 'a guard that does nothing',
  text: 'stateless AuthGuard, HS256, secret as text',
  object: 'stateless AuthGuard, HS256, key object',
  rowText: 'findOneBy, PostgreSQL, secret as text',
  statement: 'one SQL statement by hand, PostgreSQL, key object',
  strict: 'this library, strict, PostgreSQL',
} as const;

/** All that is compared, in the order of the report. */
export function variants(databases: Databases, adapters = ADAPTERS): Variant[] {
  return adapters.flatMap((adapter) => [
    ...guards(databases).map(([name, guard]) => variant(name, adapter, guard)),
    ...peers(adapter),
  ]);
}

export function variant(name: string, adapter: Adapter, guard: GuardSpec): Variant {
  const guarded = guard.kind !== 'none' && guard.kind !== 'noop';
  return { name, adapter, guarded, program: serverProgram({ adapter, guard }) };
}

function guards(databases: Databases): (readonly [string, GuardSpec])[] {
  const { sqlite, postgres, redis } = databases;
  const strict = (database: string, by: 'own' | 'passport'): GuardSpec => ({
    kind: 'library',
    freshness: 'strict',
    database,
    by,
    ...OBJECT,
  });
  return [
    [NAMES.none, { kind: 'none' }],
    [NAMES.noop, { kind: 'noop' }],
    [NAMES.text, stateless(TEXT)],
    [NAMES.object, stateless(OBJECT)],
    ['stateless AuthGuard, RS256, key object', stateless({ algorithm: 'RS256', key: 'object' })],
    ['stateless AuthGuard, ES256, key object', stateless({ algorithm: 'ES256', key: 'object' })],
    ['findOneBy, SQLite, key object', row(OBJECT, sqlite)],
    ['findOneBy kept for 30 s, SQLite, key object', row(OBJECT, sqlite, 30_000)],
    ...given(redis, (url): [string, GuardSpec][] => [
      ['denylist in Redis, key object', passport(OBJECT, { kind: 'redis', url })],
    ]),
    ...given(postgres, (database): [string, GuardSpec][] => [
      [NAMES.rowText, row(TEXT, database)],
      ['findOneBy, PostgreSQL, key object', row(OBJECT, database)],
      [NAMES.statement, passport(OBJECT, { kind: 'statement', database })],
      [NAMES.strict, strict(database, 'own')],
      ["this library, strict, PostgreSQL, AuthGuard('jwt')", strict(database, 'passport')],
    ]),
    ['this library, strict, SQLite', strict(sqlite, 'own')],
  ];
}

function stateless(key: KeySpec): GuardSpec {
  return passport(key, { kind: 'nothing' });
}

function row(key: KeySpec, database: string, keptMs = 0): GuardSpec {
  return passport(key, { kind: 'row', database, keptMs });
}

function passport(key: KeySpec, check: CheckSpec): GuardSpec {
  return { kind: 'passport', check, ...key };
}

function given<T>(value: string | undefined, make: (value: string) => T[]): T[] {
  return value === undefined ? [] : make(value);
}

/** Other packages, from a directory with dependencies of its own. */
function peers(adapter: Adapter): Variant[] {
  const script = fileURLToPath(new URL('../../bench/peers/server.mjs', import.meta.url));
  const of = adapter === 'express' ? ['express-jwt', 'better-auth'] : ['fastify-jwt'];
  return of.map((peer) => ({
    name: PEERS[peer] ?? peer,
    adapter,
    guarded: true,
    program: [script, peer],
  }));
}

const PEERS: Readonly<Record<string, string>> = {
  'express-jwt': 'express-jwt with isRevoked (a Set), HS256, key object',
  'better-auth': "better-auth's guard, its session in SQLite",
  'fastify-jwt': '@fastify/jwt with trusted (a Set), HS256',
};
