import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accountStatus } from '../../lib/decision/policies/account-status.js';
import { passwordAge } from './examples/password-age.js';
import { sameTenant } from './examples/same-tenant.js';
import { made, NOON, stateWith, tokenOn, verdict, verdictAfter } from './fixtures.js';

const tenant = (tenantId: unknown) => stateWith({ columns: { tenantId } });
const DAY = 24 * 3_600_000;

describe('a policy of the application’s own', () => {
  it('refuses alice once her password is 90 days old, and no token lives longer', () => {
    const policies = [made(accountStatus()), made(passwordAge())];
    const columns = { passwordChangedAt: new Date(NOON - 89 * DAY) };
    const [today, tomorrow] = [stateWith({ columns }), stateWith({ columns, now: NOON + DAY })];
    const token = tokenOn(today, policies);
    expect(verdict(policies, token, today)).toBe('accepted');
    expect(verdict(policies, token, tomorrow)).toBe('credentials_changed');
    expect(made(passwordAge()).goodUntil?.(today)).toBe(NOON + DAY);
  });

  it('stamps and compares: alice moves to another tenant, and her token is refused', () => {
    expect(verdictAfter(sameTenant, tenant(1), tenant(1))).toBe('accepted');
    expect(verdictAfter(sameTenant, tenant(1), tenant(2))).toBe('token_superseded');
    expect(verdict([sameTenant], tokenOn(tenant(1)), tenant(1))).toBe('token_superseded');
  });

  it.each(['password-age', 'same-tenant'])('is what the page shows: %s', (name) => {
    const page = readFileSync('docs/policies/writing-your-own.md', 'utf8');
    const source = readFileSync(`test/decision/examples/${name}.ts`, 'utf8');
    expect(page).toContain(source.trim());
  });
});
