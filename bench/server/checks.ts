import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Pool } from 'pg';
import { openDatabase } from './database.js';
import { claimsOf, type Payload } from './payload.js';
import type { CheckSpec } from './spec.js';
import { User } from './user.entity.js';

/** What an application does in `validate()` to take tokens back. */
export interface Check {
  /** The user, or nobody. */
  user(payload: Payload): Promise<object | undefined>;
  /** Ends a token at once; absent where what was read is kept for a while. */
  revoke?: (token: string) => Promise<void>;
}

export async function checkOf(spec: CheckSpec): Promise<Check | undefined> {
  switch (spec.kind) {
    case 'nothing':
      return undefined;
    case 'row':
      return rowCheck(spec.database, spec.keptMs);
    case 'redis':
      return redisCheck(spec.url);
    case 'statement':
      return statementCheck(spec.database);
  }
}

/** The user's row by TypeORM: what most answers to "how do I revoke a JWT in NestJS" come to. */
async function rowCheck(database: string, keptMs: number): Promise<Check> {
  const dataSource = await openDatabase(database);
  const users = dataSource.getRepository(User);
  const kept = new LRUCache<string, User>({ max: 10_000, ttl: Math.max(1, keptMs) });
  const find = async (sub: string) => {
    const user = await users.findOneBy({ id: Number(sub) });
    return user?.status === 'active' ? user : undefined;
  };
  const findKept = async (sub: string) => {
    const known = kept.get(sub);
    if (known !== undefined) return known;
    const user = await find(sub);
    if (user !== undefined) kept.set(sub, user);
    return user;
  };
  return {
    user: ({ sub }) => (keptMs > 0 ? findKept(sub) : find(sub)),
    ...(keptMs > 0
      ? {}
      : {
          revoke: async (token) => {
            await users.update({ id: Number(claimsOf(token).sub) }, { status: 'disabled' });
          },
        }),
  };
}

/** One EXISTS for each request. */
async function redisCheck(url: string): Promise<Check> {
  const redis = new Redis(url, { keyPrefix: `bench-${process.pid}-` });
  return {
    user: async (payload) => ((await redis.exists(payload.jti)) === 0 ? payload : undefined),
    revoke: async (token) => {
      await redis.set(claimsOf(token).jti, '1', 'EX', 60);
    },
  };
}

/** All that this library looks at, by somebody who writes it for one application. */
async function statementCheck(database: string): Promise<Check> {
  const pool = new Pool({ connectionString: database, max: 10 });
  return {
    user: async ({ sub, jti }) => {
      const { rows } = await pool.query<{ status: string; denied: boolean }>(
        'SELECT u.id, u.status, u.token_version, u.roles, EXISTS (SELECT 1 FROM auth_revocation d' +
          " WHERE d.realm = 'jwt' AND d.ref = $2) AS denied FROM users u WHERE u.id = $1",
        [Number(sub), jti],
      );
      const [row] = rows;
      return row === undefined || row.denied || row.status !== 'active' ? undefined : row;
    },
    revoke: async (token) => {
      await pool.query(
        'INSERT INTO auth_revocation (id, realm, kind, ref, code, created_at)' +
          " VALUES (gen_random_uuid(), 'jwt', 'token', $1, 'token_revoked', 0)",
        [claimsOf(token).jti],
      );
    },
  };
}
