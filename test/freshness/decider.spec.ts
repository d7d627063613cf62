import { expect, it } from 'vitest';
import type { Claims } from '../../lib/decision/claims.js';
import { withdrawnKeysOf } from '../../lib/log/deployment-row.js';
import { judge } from '../../lib/freshness/decider.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { OLDER } from './simulation/policies.js';
import { ModelDatabase } from './simulation/database.js';

const subjects = { databaseType: 'text', isRandom: true, canHold: () => true };
/** The largest tolerance that validation allows; denials are deleted after it. */
const GRACE_MS = 300_000;

it('by the database’s clock a token has expired when its denial may be gone, whatever this process believes', () => {
  const database = new ModelDatabase();
  const claims: Claims | undefined = database.mint('a', OLDER)?.claims;
  if (claims === undefined) throw new Error('Nobody refuses it.');
  const decided = (now: number) =>
    judge({ policies: OLDER.policies, subjects }, claims, { ...database.state(claims), now });
  const end = claims.exp * 1_000 + GRACE_MS;
  expect(decided(end - 1)).not.toBeInstanceOf(Refusal);
  expect(decided(end)).toMatchObject({ code: 'token_expired' });
});

it('a column of withdrawn keys that was not selected is no list', () => {
  expect(() => withdrawnKeysOf(undefined)).toThrow('was not read');
  expect(withdrawnKeysOf(null)).toEqual(new Set());
});
