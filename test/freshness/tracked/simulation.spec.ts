/**
 * Random histories of a database, its log and several processes, each checked against the promise:
 * nothing that the database refused longer ago than the bound is accepted.
 *
 *     SIMULATION_SEED=123 SIMULATION_HISTORIES=1000000 npx vitest run test/freshness/tracked
 */
import { describe, expect, it } from 'vitest';
import type { AuthState } from '../../../lib/decision/auth-state.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { standingOf } from '../../../lib/freshness/tracked/standing.js';
import { GRACE, ModelDatabase, type OpenTransaction, type Token, TOKEN_LIFE } from './model.js';
import type { LogPage } from '../../../lib/freshness/log/log-page.js';
import type { Instant } from '../../../lib/freshness/tracked/lease.js';

const BOUND = 100;
const RULES = { policySet: 'p', generations: true };

/** A small generator with a seed: the same seed, the same history. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** One process: what it knows, the read it waits for, the subject it reads. */
class Process {
  /** A machine that sleeps stops one clock; a step moves the other. */
  monotonicLag = 0;
  wallStep = 0;
  readonly view = new LogView({ maxEntries: 12, maxBacklog: 8, maxReadings: 5 });
  readonly lease: Lease;
  flight: { began: Instant; page: LogPage } | undefined;
  /** A strict read of one token's state: begun, answered by the database, and not come back yet. */
  reading: { keep: (state: AuthState) => void; token: Token; state?: AuthState } | undefined;

  constructor(private readonly database: ModelDatabase) {
    this.lease = new Lease(BOUND, {
      monotonic: () => this.database.now - this.monotonicLag,
      wall: () => this.database.now + this.wallStep,
    });
  }
}

type Stood = Record<'as issued' | 'as read', number>;

/** The decision on state, as far as the model has policies. */
function accepts({ subject, denials, deployment }: AuthState, token: Token): boolean {
  return (
    denials.length === 0 &&
    subject?.columns['version'] === token.version &&
    deployment.generation === token.gen
  );
}

/** Plays one history; the number of decisions that stood on memory, or what went wrong. */
function play(seed: number, broken?: string): { stood: Stood; violation?: string } {
  const random = randomOf(seed);
  const database = new ModelDatabase();
  const processes = Array.from({ length: 3 }, () => new Process(database));
  const open: OpenTransaction[] = [];
  const tokens: Token[] = [];
  const subjects = ['a', 'b', 'c'];
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  const stood: Stood = { 'as issued': 0, 'as read': 0 };
  let backup = database.backup();
  database.now += 5_000;

  const steps: (() => string | undefined)[] = [
    () => void tokens.push(database.mint(pick(subjects) ?? 'a')),
    // Now and then by a process that has other policies.
    () => void tokens.push(database.mint(pick(subjects) ?? 'a', random(4) === 0 ? 'q' : 'p')),
    () => {
      const transaction: OpenTransaction = { rows: [], effects: [] };
      const kind = random(20);
      const token = pick(tokens);
      if (kind <= 10) database.bump(transaction, pick(subjects) ?? 'a');
      else if (kind === 11) database.revokeAll(transaction);
      else if (kind === 12) database.bump(transaction, pick(subjects) ?? 'a', 'resync');
      else if (token && kind < 17) database.deny(transaction, 'token', token.jti);
      else if (token) database.deny(transaction, 'session', token.sid);
      open.push(transaction);
      return undefined;
    },
    () => {
      const [transaction] = open.splice(random(Math.max(1, open.length)), 1);
      if (transaction) database.commit(transaction);
      return undefined;
    },
    () => void open.splice(random(Math.max(1, open.length) * 4), 1),
    () => {
      const process = pick(processes);
      if (process === undefined || process.flight) return undefined;
      process.flight = {
        began: process.lease.now(),
        page: database.page(process.view.position, 1 + random(4)),
      };
      return undefined;
    },
    () => {
      const process = pick(processes);
      const flight = process?.flight;
      if (process === undefined || flight === undefined) return undefined;
      process.flight = undefined;
      if (process.view.take(flight.page) === 'complete')
        process.lease.renew(flight.began, flight.page.now);
      if (random(2) === 0) database.number(flight.page.unnumbered.map(({ id }) => id));
      return undefined;
    },
    () => {
      const process = pick(processes);
      const reading = process?.reading;
      if (process === undefined || reading === undefined) return undefined;
      if (reading.state === undefined) {
        reading.state = database.state(reading.token);
      } else {
        reading.keep(reading.state);
        process.reading = undefined;
      }
      return undefined;
    },
    () => void (database.now += random(BOUND)),
    () => void (database.now += random(3)),
    () => {
      if (random(30) === 0) database.now += random(2) === 0 ? TOKEN_LIFE : TOKEN_LIFE + GRACE + 1;
      return undefined;
    },
    () => {
      const process = pick(processes);
      if (process === undefined || random(10) > 0) return undefined;
      // The machine sleeps: the monotonic clock stands still, or the wall clock is set back.
      const slept = BOUND + random(BOUND);
      database.now += slept;
      if (random(2) === 0) process.monotonicLag += slept;
      else process.wallStep -= slept;
      return undefined;
    },
    () => {
      database.purge();
      if (random(50) === 0) database.truncate();
      if (random(20) === 0) backup = database.backup();
      if (random(60) === 0) database.restore(backup);
      return undefined;
    },
    () => {
      const process = pick(processes);
      const token = pick(tokens);
      if (process === undefined || token === undefined || token.exp <= database.now)
        return undefined;
      if (broken !== 'lease' && !process.lease.isFresh) return undefined;
      const claims = broken === 'coverage' ? { ...token, iat_ms: Number.MAX_SAFE_INTEGER } : token;
      const standing = standingOf(process.view, claims, RULES, database.now);
      if (standing === undefined) {
        // It is read; at once, or with other things happening in between.
        const keep = process.view.readings.begin(token);
        if (process.reading || random(3) > 0) keep(database.state(token));
        else process.reading = { keep, token };
        return undefined;
      }
      const since = database.refusedSince(token);
      if (standing !== 'as issued' && !accepts(standing, token)) {
        return since === undefined ? `refused ${token.jti}, which nobody revoked` : undefined;
      }
      stood[standing === 'as issued' ? 'as issued' : 'as read']++;
      if (since === undefined || since + BOUND >= database.now) return undefined;
      return `accepted ${token.jti} of ${token.sub} ${database.now - since} ms after it was refused (${JSON.stringify(standing)})`;
    },
  ];

  for (let step = 0; step < 120; step++) {
    const violation = steps[Math.min(random(steps.length + 5), steps.length - 1)]?.();
    if (violation !== undefined)
      return { stood, violation: `seed ${seed}, step ${step}: ${violation}` };
  }
  return { stood };
}

const SEED = Number(process.env['SIMULATION_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Number(process.env['SIMULATION_HISTORIES'] ?? 100_000);

describe(`histories from seed ${SEED}`, () => {
  it(`${HISTORIES} histories keep the promise`, { timeout: 600_000 }, () => {
    const stood: Stood = { 'as issued': 0, 'as read': 0 };
    for (let index = 0; index < HISTORIES; index++) {
      const outcome = play(SEED + index);
      expect(outcome.violation).toBeUndefined();
      stood['as issued'] += outcome.stood['as issued'];
      stood['as read'] += outcome.stood['as read'];
    }
    // Otherwise the promise would have been kept by accepting nothing.
    expect(stood['as issued']).toBeGreaterThan(HISTORIES / 2);
    expect(stood['as read']).toBeGreaterThan(HISTORIES / 20);
  });

  it.each(['lease', 'coverage'])('without %s, histories break it', (broken) => {
    const violations = Array.from(
      { length: 5_000 },
      (_, index) => play(SEED + index, broken).violation,
    );
    expect(violations.some((violation) => violation !== undefined)).toBe(true);
  });
});
