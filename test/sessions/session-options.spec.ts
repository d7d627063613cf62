/** What options of sessions are refused, since they would promise what cannot be kept. */
import { accountStatus, session } from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { authOptions } from '../support/auth-app.js';
import { knowing, type Loose, problemsOf } from '../support/problems-of.js';

let dataSource: DataSource;
beforeAll(async () => {
  dataSource = await knowing();
});
afterAll(() => dataSource.destroy());

const problems = (sessions: unknown, others: Loose = {}) =>
  problemsOf(Object.assign(authOptions(), { ...others, sessions }), dataSource);

describe('sessions that work', () => {
  it.each<[Loose, Loose?]>([
    [{}],
    [{ leeway: 0 }],
    [{ leeway: '60s' }],
    [{ idleTtl: '1s', maxTtl: '1s' }],
    [{ maxTtl: '1h' }],
    [{ limit: 'unlimited' }],
    [{ limit: 'one-per-device' }],
    [{ limit: { newest: 1 } }],
    [{ limit: { refuse: 1_000 } }],
    [{ retention: '1d', lastSeenInterval: 0 }],
    [{}, { policies: [accountStatus(), session()] }],
  ])('%j', (sessions, others) => {
    expect(problems(sessions, others)).toEqual([]);
  });
});

const both = (accessTokenTtl: string, maxTtl: string) => {
  const { jwt, ...others } = authOptions();
  return problems({ maxTtl }, { ...others, jwt: { ...jwt, accessTokenTtl } });
};

describe('access tokens beside sessions', () => {
  it('may live as long as a session', () => {
    expect(both('1h', '1h')).toEqual([]);
  });

  it('may not be promised a longer life', () => {
    expect(both('61m', '1h')).toEqual([
      expect.stringMatching(/^jwt\.accessTokenTtl: it is longer than sessions\.maxTtl/),
    ]);
  });
});

describe('sessions that do not', () => {
  it.each<[name: string, sessions: unknown, others?: Loose]>([
    ['sessions', true],
    ['sessions.grace', { grace: '10s' }],
    ['sessions.leeway', { leeway: '61s' }],
    ['sessions.leeway', { leeway: 60_001 }],
    ['sessions.leeway', { leeway: -1 }],
    ['sessions.leeway', { leeway: 'long' }],
    ['sessions.idleTtl', { idleTtl: 0 }],
    ['sessions.idleTtl', { idleTtl: '2h', maxTtl: '1h' }],
    ['sessions.maxTtl', { maxTtl: '4000d' }],
    ['sessions.retention', { retention: '1h' }],
    ['sessions.lastSeenInterval', { lastSeenInterval: '25h' }],
    ['sessions.limit', { limit: 3 }],
    ['sessions.limit', { limit: { newest: 0 } }],
    ['sessions.limit', { limit: { refuse: 1.5 } }],
    ['sessions.limit', { limit: { newest: 1_001 } }],
    ['sessions.limit', { limit: { newest: 1, refuse: 2 } }],
    ['sessions.limit', { limit: { oldest: 1 } }],
    ['sessions.limit', { limit: null }],
    ['sessions', {}, { policies: [accountStatus()] }],
  ])('%s in %j', (name, sessions, others) => {
    expect(problems(sessions, others)).toEqual([
      expect.stringMatching(new RegExp(`^${name.replaceAll('.', '\\.')}: `)),
    ]);
  });
});
