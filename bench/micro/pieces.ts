import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { AuthRequest } from '../../lib/transport/auth-request.js';
import type { AuthState } from '../../lib/decision/auth-state.js';
import { decide } from '../../lib/decision/decide.js';
import type { UserColumns } from '../../lib/decision/policy.js';
import type { LogPage, LogRow } from '../../lib/log/log-page.js';
import { LogView } from '../../lib/freshness/tracked/log-view.js';
import { resolveFromMemory } from '../../lib/freshness/tracked/resolve-from-memory.js';
import { accessRuleOf } from '../../lib/guards/access-rule.js';
import { extractToken } from '../../lib/transport/token-source.js';
import { WATCHED } from '../server/database.js';
import { warmGuard } from './guard.js';
import { ALGORITHMS, GENERATION, POLICY_SET, sampleClaims, sampleToken } from './sample-token.js';
import { deploymentKey } from '../../lib/log/deployment-row.js';

/** Something that the hot path does, or that other ways do in its place. */
export type Piece = readonly [name: string, run: () => unknown];

export async function pieces(): Promise<Piece[]> {
  return [
    ['the whole guard, tracked, a token seen before', await warmGuard()],
    ...extraction(),
    ...verification(),
    ...lookups(),
    ...decisions(),
  ];
}

function extraction(): Piece[] {
  const { token } = sampleToken('HS256');
  const inHeader: AuthRequest = { headers: { authorization: `Bearer ${token}` } };
  const inCookie: AuthRequest = { headers: { cookie: `theme=dark; __Host-access=${token}` } };
  return [
    ['extract from the header', () => extractToken(inHeader, { header: true })],
    ['extract from a cookie', () => extractToken(inCookie, { cookie: '__Host-access' })],
  ];
}

function verification(): Piece[] {
  return [
    ...ALGORITHMS.map((algorithm): Piece => {
      const sample = sampleToken(algorithm);
      return [`verify, first sight, ${algorithm}`, () => sample.verify()];
    }),
    jsonwebtoken('text', randomBytes(32).toString('base64url')),
    jsonwebtoken('key object', createSecretKey(randomBytes(32))),
  ];
}

/** The verifier under passport-jwt, without what the library checks beside it. */
function jsonwebtoken(what: string, secret: string | KeyObject): Piece {
  const jwt = new JwtService({ secret });
  const token = jwt.sign({ sub: '1', jti: randomUUID() }, { expiresIn: '1d' });
  return [`jsonwebtoken.verify, HS256, secret as ${what}`, () => jwt.verify(token)];
}

function lookups(): Piece[] {
  const rules = { policySet: POLICY_SET, generations: true };
  const claims = sampleClaims();
  const kinds: [LogRow['kind'], string][] = [
    ['subject', 'changed subjects'],
    ['token', 'denied tokens'],
  ];
  return kinds.flatMap(([kind, what]) =>
    [0, 1_000_000].map((count): Piece => {
      const view = viewWith(kind, count);
      return [
        `look up, ${count.toLocaleString('en')} ${what}`,
        () => resolveFromMemory(view, claims, rules, claims.iat_ms),
      ];
    }),
  );
}

/** What a process knows after so many rows. */
function viewWith(kind: LogRow['kind'], count: number): LogView {
  const view = new LogView({
    maxEntries: 2_000_000,
    maxBacklog: 2_000_000,
    maxCachedStates: 1_000,
  });
  const now = Date.now() - 3_600_000;
  const page: LogPage = {
    now,
    startedAt: now,
    askedAt: null,
    isRegistered: true,
    isReplica: false,
    watchingSince: now,
    purgedThrough: 0,
    maxTokenLife: 900_000,
    head: 0,
    headRow: null,
    anchor: null,
    isFlooded: false,
    full: false,
    deployment: deployment(),
    numbered: [],
    unnumbered: Array.from({ length: count }, (_, index) => {
      const ref = `${kind}-${index}`;
      return { id: ref, seq: null, kind, ref, code: null, seenAt: null };
    }),
  };
  view.take(page);
  return view;
}

function decisions(): Piece[] {
  const columns: UserColumns = {
    id: 'id',
    subject: 'id',
    status: 'status',
    activeStatuses: ['active'],
    suspendedStatuses: [],
    tokenVersion: 'tokenVersion',
  };
  const policies = WATCHED.policies.map((make) => make(columns));
  const claims = sampleClaims();
  const state: AuthState = {
    now: Date.now(),
    subject: {
      id: '1',
      subject: '1',
      columns: { status: 'active', tokenVersion: 0 },
      roles: ['user'],
      permissions: [],
    },
    denials: [],
    deployment: deployment(),
  };
  class Controller {
    handler(): void {}
  }
  const { handler } = Controller.prototype;
  return [
    [`decide, ${policies.length} policies`, () => decide(policies, claims, state)],
    ["a route's access rule", () => accessRuleOf(Controller, handler)],
  ];
}

function deployment() {
  return {
    generation: GENERATION,
    issuedBefore: 0,
    key: deploymentKey('x'),
    withdrawnKeys: new Set<string>(),
  };
}
