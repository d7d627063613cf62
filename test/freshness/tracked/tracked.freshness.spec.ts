/** Tracked freshness as a whole, with a database of the test's: what it tells, asks and gives up. */
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Claims } from '../../../lib/decision/claims.js';
import type { AuthStateReader } from '../../../lib/decision/auth-state.js';
import { StrictDecider } from '../../../lib/freshness/decider.js';
import { SIGN_OF_LIFE_MS } from '../../../lib/freshness/processes/process-table.js';
import { CurrentReader } from '../../../lib/freshness/tracked/current.reader.js';
import { PendingRevocations } from '../../../lib/freshness/tracked/pending-revocations.js';
import { Lease } from '../../../lib/freshness/tracked/lease.js';
import { LogView } from '../../../lib/freshness/tracked/log-view.js';
import { TrackedDecider } from '../../../lib/freshness/tracked/tracked.decider.js';
import { TrackedFreshness } from '../../../lib/freshness/tracked/tracked.freshness.js';
import { row } from '../simulation/changes.js';
import { ModelDatabase } from '../simulation/database.js';
import type { NewRow } from '../simulation/log.js';
import { OLDER } from '../simulation/policies.js';

const BOUND = 400;

/** Lets everything happen that waits for nothing. */
const turns = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
};

describe('TrackedFreshness', () => {
  let database: ModelDatabase;
  let away: boolean;
  /** Whether answers to questions do not arrive. */
  let lost: boolean;
  /** Reads until the database is away. */
  let left: number;
  let problems: string[];
  let gap: boolean;
  let hinted: () => void;
  let freshness: TrackedFreshness;
  /** What was done, in this order. */
  let done: string[];
  const wakeUp = { lastHintAt: undefined as number | undefined };

  const answered = <T>(name: string, value: () => T): Promise<T> => {
    done.push(name);
    if (name === 'read' && left-- === 0) away = true;
    if (lost && name.startsWith('acknowledge')) return Promise.reject(new Error('lost'));
    return away ? Promise.reject(new Error('away')) : Promise.resolve(value());
  };
  const read = async () => {
    hinted();
    await turns();
  };

  beforeAll(() => Logger.overrideLogger(false));
  afterEach(async () => {
    away = false;
    await freshness.stop();
  });
  beforeEach(() => {
    database = new ModelDatabase();
    database.maxTokenLife = OLDER.life;
    away = lost = false;
    left = Infinity;
    problems = [];
    gap = false;
    done = [];
    wakeUp.lastHintAt = undefined;
    const memory = {
      view: new LogView({ maxEntries: 9, maxBacklog: 9, maxCachedStates: 9 }),
      lease: new Lease(BOUND, { monotonic: () => database.now, wall: () => database.now }),
      pending: new PendingRevocations(),
    };
    const stored: AuthStateReader = { read: (of) => answered('state', () => database.state(of)) };
    const reader = new CurrentReader(memory, stored, 1_000);
    const subjects = { databaseType: 'text', isRandom: true, canHold: () => true };
    const context = { policies: OLDER.policies, subjects };
    const strict = new StrictDecider(context, reader);
    const table = database.processes;
    freshness = new TrackedFreshness({
      decider: new TrackedDecider({
        memory,
        rules: { policySet: OLDER.name, generations: true },
        context,
        strict,
      }),
      strict,
      reader,
      memory,
      log: {
        read: (position) => answered('read', () => database.page('p', position, 3)),
        number: (ids) => answered('number', () => void database.log.number(ids, database.clock)),
        repair: () => answered('repair', () => void database.repair()),
        recordGap: () => answered('gap', () => void database.notice()),
        probe: () => answered('probe', () => undefined),
      },
      triggers: {
        get problems() {
          return problems;
        },
        start: () => answered('watch', () => undefined),
        takeGap: () => {
          const taken = gap;
          gap = false;
          return taken;
        },
        stop: () => done.push('watch no more'),
      },
      processes: {
        id: '0-0-0-0-0',
        register: () => answered('register', () => void table.register('p', BOUND)),
        acknowledge: (question) =>
          answered(
            `acknowledge ${question - database.now}`,
            () => void table.acknowledge('p', question),
          ),
        ask: () => answered('ask', () => table.ask('p') ?? 0),
        behind: (question) => answered('behind', () => table.behind(question)),
        giveUp: (ids, question) => answered('give up', () => void table.giveUp(ids, question)),
        tidy: () => answered('tidy', () => undefined),
        leave: () => answered('leave', () => void table.leave('p')),
      },
      wakeUp: {
        get lastHintAt() {
          return wakeUp.lastHintAt;
        },
        start: (onHint) => {
          hinted = onHint;
          return Promise.resolve();
        },
        hint: () => done.push('hint'),
        stop: () => answered('sleep', () => undefined),
      },
      maxStalenessMs: BOUND,
      close: () => answered('close', () => undefined),
    });
  });

  const start = async () => {
    await freshness.start();
    await turns();
    done.length = 0;
  };
  const commit = (entry: NewRow) => database.commit(database.begin([entry], () => undefined));
  /** A token that speaks for itself. */
  const signedIn = async (): Promise<Claims> => {
    database.now += 2_000;
    await read();
    const token = database.mint('a', OLDER);
    if (token === undefined) throw new Error('Nobody refuses it.');
    done.length = 0;
    return token.claims;
  };

  it('is waited for before it reads, and reads before anybody asks it to', async () => {
    await freshness.start();
    expect(done.slice(0, 5)).toEqual(['watch', 'register', 'probe', 'repair', 'read']);
  });

  it('does not start without triggers, or without the right to write', async () => {
    problems = ['no trigger on person'];
    await expect(freshness.start()).rejects.toThrow('no trigger on person');
    expect(done).toEqual(['watch']);
    problems = [];
    away = true;
    await expect(freshness.start()).rejects.toThrow('away');
  });

  it('what is committed is known here, and the others get a hint', async () => {
    await start();
    const claims = await signedIn();
    commit({ ...row('token', claims.jti), code: 'token_revoked' });
    await freshness.propagation.committed();
    expect(done).toContain('hint');
    expect(await freshness.decider.decide(claims)).toMatchObject({ code: 'token_revoked' });
  });

  it('what is committed and cannot be read is not decided on by memory', async () => {
    await start();
    const claims = await signedIn();
    expect(freshness.decider.decide(claims)).not.toBeInstanceOf(Promise);
    commit({ ...row('token', claims.jti), code: 'token_revoked' });
    away = true;
    await freshness.propagation.committed();
    expect(freshness.status().isTracking).toBe(false);
    await expect(freshness.decider.decide(claims)).rejects.toThrow('away');
  });

  it('a hint goes to the others and to itself', async () => {
    await start();
    freshness.propagation.hint();
    await turns();
    expect(done).toEqual(['hint', 'read']);
  });

  it('everywhere sends a hint to all, and answers itself', async () => {
    await start();
    await freshness.propagation.everywhere();
    expect(done.filter((one) => ['ask', 'hint', 'read'].includes(one))).toEqual([
      'ask',
      'hint',
      'read',
    ]);
    // By the number of the question, which is later than any clock.
    expect(done).toContain('acknowledge 1');
  });

  it('only a lost answer is sent again', async () => {
    await start();
    database.processes.ask('p');
    lost = true;
    await read();
    lost = false;
    await read();
    await read();
    const answers = done.filter((one) => one.startsWith('acknowledge'));
    expect(answers).toEqual(['acknowledge 1', 'acknowledge 1']);
  });

  it('shows a sign of life, and removes processes without one', async () => {
    await start();
    database.now += SIGN_OF_LIFE_MS + 1_001;
    await read();
    // Less than any question that may be asked at the same time.
    expect(done).toContain('acknowledge -1000');
    await turns();
    expect(done).toContain('tidy');
    done.length = 0;
    await read();
    expect(done).toEqual(['read']);
  });

  it('given up, it trusts nothing until it is waited for again', async () => {
    await start();
    const { processes } = database;
    processes.giveUp(['p'], (processes.ask('p') ?? 0) + 1);
    hinted();
    await turns();
    expect(done).toEqual(expect.arrayContaining(['read', 'register']));
    // Nobody hinted again.
    expect(done.filter((one) => one === 'read')).toHaveLength(2);
    expect(freshness.status().isTracking).toBe(true);
  });

  it('what changed while nothing watched is read; while nothing watches, everything is', async () => {
    await start();
    const claims = await signedIn();
    expect(freshness.decider.decide(claims)).not.toBeInstanceOf(Promise);
    problems = ['no trigger on person'];
    await read();
    expect(freshness.status()).toMatchObject({ isTracking: false, problems });
    problems = [];
    gap = true;
    await read();
    expect(freshness.status()).toMatchObject({ isTracking: true, problems: [] });
    expect(freshness.status().coverage?.getTime()).toBe(database.clock);
    expect(freshness.decider.decide(claims)).toBeInstanceOf(Promise);
  });

  it('reports its status', async () => {
    expect(freshness.status()).toMatchObject({ isTracking: false, coverage: undefined, logLag: 0 });
    await start();
    await signedIn();
    const { rowsRead } = freshness.status();
    for (const ref of ['a', 'b', 'c', 'd', 'e']) commit(row('subject', ref));
    const ids = database.log.page(0, 100).unnumbered.map(({ id }) => id);
    database.log.number(ids.slice(0, 4), database.clock);
    wakeUp.lastHintAt = 77_000;
    // A page, and not the next.
    left = 1;
    await read();
    expect(freshness.status()).toMatchObject({
      overlaySize: 4,
      logLag: 1,
      problems: [expect.stringContaining('away')],
    });
    [away, left] = [false, Infinity];
    await read();
    database.now += 30;
    expect(freshness.status()).toMatchObject({
      mode: 'tracked',
      isTracking: true,
      ageMs: 30,
      maxStalenessMs: BOUND,
      lastWakeUpAt: new Date(77_000),
      overlaySize: 5,
      logLag: 0,
      problems: [],
    });
    // The one without a number came with both pages.
    expect(freshness.status().rowsRead - rowsRead).toBe(6);
  });

  it('stopped, it trusts nothing, is waited for by nobody, and keeps nothing open', async () => {
    await start();
    const claims = await signedIn();
    await freshness.stop();
    expect(done).toEqual(['watch no more', 'sleep', 'leave', 'close']);
    expect(freshness.decider.decide(claims)).toBeInstanceOf(Promise);
  });
});
