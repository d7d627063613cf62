import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { AuthRequest } from '../../lib/authenticator.js';
import type { AuthState } from '../../lib/decision/auth-state.js';
import type { Claims } from '../../lib/decision/claims.js';
import { decide } from '../../lib/decision/decide.js';
import type { UserColumns } from '../../lib/decision/policy.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { accessRuleOf } from '../../lib/guards/access-rule.js';
import { extractToken } from '../../lib/tokens/token-extractor.js';
import { WATCHED } from '../server/database.js';
import { sampleToken } from './sample-token.js';

/** Something that the hot path does, or that other ways do in its place. */
export type Piece = readonly [name: string, run: () => unknown];

export function pieces(): Piece[] {
  return [...tokens(), ...decisions()];
}

function tokens(): Piece[] {
  const samples = (['HS256', 'RS256', 'ES256'] as const).map(
    (algorithm) => [algorithm, sampleToken(algorithm)] as const,
  );
  const [[, { token }]] = [samples[0] ?? ['', sampleToken('HS256')]];
  const inHeader: AuthRequest = { headers: { authorization: `Bearer ${token}` } };
  const inCookie: AuthRequest = { headers: { cookie: `theme=dark; __Host-access=${token}` } };
  return [
    ['extract from the header', () => extractToken(inHeader, { header: true })],
    ['extract from a cookie', () => extractToken(inCookie, { cookie: '__Host-access' })],
    ...samples.map(([algorithm, sample]): Piece => [
      `verify, first sight, ${algorithm}`,
      () => sample.verifier.verify(sample.token),
    ]),
    ...alone('text', randomBytes(32).toString('base64url')),
    ...alone('key object', createSecretKey(randomBytes(32))),
  ];
}

/** The verifier under passport-jwt, without what the library checks beside it. */
function alone(what: string, secret: string | KeyObject): Piece[] {
  const jwt = new JwtService({ secret });
  const token = jwt.sign({ sub: '1', jti: randomUUID() }, { expiresIn: '1d' });
  return [[`jsonwebtoken.verify, HS256, secret as ${what}`, () => jwt.verify(token)]];
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
  const claims = claimsOfSample();
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
    deployment: {
      generation: String(claims['gen']),
      issuedBefore: 0,
      stampKey: 'x',
      withdrawnKeys: new Set(),
    },
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

function claimsOfSample(): Claims {
  const { token, verifier } = sampleToken('HS256');
  const claims = verifier.verify(token);
  if (claims instanceof Refusal) throw new Error(`The sample is refused: ${claims.code}`);
  return claims;
}
