import { expect, it } from 'vitest';
import type { Claims } from '../../lib/decision/claims.js';
import { withdrawnKeysOf } from '../../lib/log/deployment-row.js';
import { judge } from '../../lib/freshness/decider.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { OLDER } from './simulation/policies.js';
import { ModelDatabase } from './simulation/database.js';

/** The largest tolerance that the options allow; denials may be deleted after it. */
const GRACE_MS = 300_000;

const subjects = { databaseType: 'text', isRandom: true, canHold: () => true };

it('a token whose denial may be deleted has expired by the database’s clock, even if this process’s clock differs', () => {
  const database = new ModelDatabase();
  const claims: Claims | undefined = database.mint('a', OLDER)?.claims;
  if (claims === undefined) throw new Error('Nobody refuses it.');
  const decided = (now: number) =>
    judge({ policies: OLDER.policies, subjects }, claims, { ...database.state(claims), now });
  const end = claims.exp * 1_000 + GRACE_MS;
  expect(decided(end - 1)).not.toBeInstanceOf(Refusal);
  expect(decided(end)).toMatchObject({ code: 'token_expired' });
});

it('refuses a state without the column of withdrawn keys', () => {
  expect(() => withdrawnKeysOf(undefined)).toThrow('was not read');
  expect(withdrawnKeysOf(null)).toEqual(new Set());
});
