import { serverProgram } from './load/child.js';
import { hasPeers, peers } from './peers.js';
import type { CheckSpec, GuardSpec, KeySpec, LibrarySpec, ServerSpec } from './server/spec.js';

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
const PAIRS = ['RS256', 'ES256'] as const;

/** The names that ratios are given against. */
export const NAMES = {
  none: 'no guard',
  noop: 'a guard that does nothing',
  stateless: (algorithm: KeySpec['algorithm'], key: 'text' | 'key object') =>
    `stateless AuthGuard('jwt'), ${algorithm}, ${key}`,
  rowText: 'findOneBy, PostgreSQL, text',
  kept: 'findOneBy kept for 30 s, SQLite',
  redis: 'denylist in Redis',
  statement: 'one SQL statement by hand, PostgreSQL',
  strict: 'this library, strict',
  tracked: (algorithm: LibrarySpec['algorithm']) => `this library, tracked, ${algorithm}`,
  firstSight: (algorithm: LibrarySpec['algorithm']) =>
    `this library, tracked, ${algorithm}, first sight`,
  trackedPassport: "this library, tracked, HS256, AuthGuard('jwt')",
  at: (name: string, connections: number) =>
    `${name}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
} as const;

/** Tokens that are each new to a server that remembers only a few. */
const FIRST_SIGHT = { tokens: 500, remembers: 10 };
/** Connections at which strict reads are held against a statement by hand; beside the default. */
const CONNECTIONS = [1, 64];

/** All that is compared on one adapter, in the order of the report. */
export function variants(databases: Databases, adapter: Adapter): Variant[] {
  const { sqlite, postgres, redis } = databases;
  const here = (name: string, guard: GuardSpec, load?: Pick<Variant, 'connections' | 'tokens'>) =>
    variant(name, adapter, guard, load);
  return [
    here(NAMES.none, { kind: 'none' }),
    here(NAMES.noop, { kind: 'noop' }),
    here(NAMES.stateless('HS256', 'text'), stateless(TEXT)),
    here(NAMES.stateless('HS256', 'key object'), stateless(OBJECT)),
    ...PAIRS.flatMap((algorithm) => [
      here(NAMES.stateless(algorithm, 'text'), stateless({ algorithm, key: 'text' })),
      here(NAMES.stateless(algorithm, 'key object'), stateless({ algorithm, key: 'object' })),
    ]),
    here('findOneBy, SQLite', row(OBJECT, sqlite)),
    here(NAMES.kept, row(OBJECT, sqlite, 30_000)),
    ...given(redis, (url) => [here(NAMES.redis, passport(OBJECT, { kind: 'redis', url }))]),
    ...given(postgres, (database) => [
      here(NAMES.rowText, row(TEXT, database)),
      here('findOneBy, PostgreSQL', row(OBJECT, database)),
      here(NAMES.statement, passport(OBJECT, { kind: 'statement', database })),
      ...CONNECTIONS.flatMap((connections) => [
        here(
          NAMES.at(NAMES.statement, connections),
          passport(OBJECT, { kind: 'statement', database }),
          { connections },
        ),
        here(NAMES.at(NAMES.strict, connections), library({ database, freshness: 'strict' }), {
          connections,
        }),
      ]),
    ]),
    ...ofLibrary(postgres ?? sqlite, here),
    ...(hasPeers() ? peers(adapter) : []),
  ];
}

function ofLibrary(
  database: string,
  here: (name: string, guard: GuardSpec, load?: Pick<Variant, 'tokens'>) => Variant,
): Variant[] {
  const { tokens, remembers } = FIRST_SIGHT;
  return [
    here(NAMES.strict, library({ database, freshness: 'strict' })),
    here(
      `${NAMES.strict}, AuthGuard('jwt')`,
      library({ database, freshness: 'strict', by: 'passport' }),
    ),
    ...(['HS256', ...PAIRS, 'EdDSA'] as const).map((algorithm) =>
      here(NAMES.tracked(algorithm), library({ database, algorithm })),
    ),
    here(NAMES.trackedPassport, library({ database, by: 'passport' })),
    ...(['HS256', ...PAIRS] as const).map((algorithm) =>
      here(NAMES.firstSight(algorithm), library({ database, algorithm, remembers }), { tokens }),
    ),
  ];
}

export function variant(
  name: string,
  adapter: Adapter,
  guard: GuardSpec,
  load: Pick<Variant, 'connections' | 'tokens'> = {},
): Variant {
  const guarded = guard.kind !== 'none' && guard.kind !== 'noop';
  return { name, adapter, guarded, program: serverProgram({ adapter, guard }), ...load };
}

/** The library, tracked and by its own guard where nothing else is said. */
export function library(spec: Pick<LibrarySpec, 'database'> & Partial<LibrarySpec>): GuardSpec {
  return { kind: 'library', freshness: 'tracked', by: 'own', algorithm: 'HS256', ...spec };
}

export function passport(key: KeySpec, check: CheckSpec): GuardSpec {
  return { kind: 'passport', check, ...key };
}

function stateless(key: KeySpec): GuardSpec {
  return passport(key, { kind: 'nothing' });
}

function row(key: KeySpec, database: string, keptMs = 0): GuardSpec {
  return passport(key, { kind: 'row', database, keptMs });
}

function given<T>(value: string | undefined, make: (value: string) => T[]): T[] {
  return value === undefined ? [] : make(value);
}
