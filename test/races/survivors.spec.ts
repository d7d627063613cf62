/**
 * What takes away, against what mints, from several processes at the same moment: whatever was minted
 * from the state before is dead, in strict and in tracked freshness, and stays dead.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../deployment/support/random.js';
import { describeOnDatabases } from '../support/databases.js';
import { Fleet, START_MS, type Order, type Outcome, pairIn } from './support/fleet.js';
import { runsOf, SEED } from './support/sizes.js';

const RUNS = runsOf(1_000);
/** Races that run side by side, each of them about somebody else. */
const BATCH = 20;
/** How much the beginnings of both are spread, beside what makes either win about as often. */
const SPREAD_MS = 6;

interface Racer {
  readonly id: number;
  readonly user: unknown;
  /** From before the race, where the race needs one. */
  readonly sessionId: string;
  readonly tokens: readonly string[];
  readonly refreshToken: string;
}

interface Race {
  /** Whether there is a sign-in before. */
  readonly signsIn: boolean;
  mints(racer: Racer): Order;
  takes(racer: Racer): Order;
  /** Codes that the tokens may be refused with afterwards. */
  readonly codes: readonly string[];
  /** Whether what was taken away is given back then, and the tokens must stay dead. */
  readonly enables: boolean;
}

const refresh = ({ refreshToken }: Racer): Order => ({ deed: 'refresh', token: refreshToken });
const signIn = ({ user }: Racer): Order => ({ deed: 'signIn', user });
const disable = ({ id }: Racer): Order => ({ deed: 'disable', id });
const revoke = ({ id }: Racer): Order => ({ deed: 'revoke', id });

const RACES: Readonly<Record<string, Race>> = {
  'logout against refresh': {
    signsIn: true,
    mints: refresh,
    takes: ({ sessionId, id }) => ({ deed: 'logout', sessionId, id }),
    codes: ['session_ended'],
    enables: false,
  },
  'end against refresh': {
    signsIn: true,
    mints: refresh,
    takes: ({ sessionId }) => ({ deed: 'end', sessionId }),
    codes: ['session_ended'],
    enables: false,
  },
  'disable against login': {
    signsIn: false,
    mints: signIn,
    takes: disable,
    codes: ['account_disabled', 'token_superseded', 'session_ended'],
    enables: true,
  },
  'disable against refresh': {
    signsIn: true,
    mints: refresh,
    takes: disable,
    codes: ['account_disabled', 'token_superseded', 'session_ended'],
    enables: true,
  },
  'revoke against login': {
    signsIn: false,
    mints: signIn,
    takes: revoke,
    codes: ['token_superseded', 'session_ended'],
    enables: false,
  },
  'revoke against refresh': {
    signsIn: true,
    mints: refresh,
    takes: revoke,
    codes: ['token_superseded', 'session_ended'],
    enables: false,
  },
};

/** How much later one of both begins, so that either wins about as often: the moments lie close then. */
class Lead {
  /** Of what takes away; below 0, of what mints. */
  ms = 0;
  private stepMs = SPREAD_MS;
  private side = 0;

  /** @param share of a batch that was minted before it was taken away */
  follow(share: number): void {
    const lean = 2 * share - 1;
    const isOneSided = Math.abs(lean) === 1;
    // A slow machine needs a long one: farther each time until it is too far, and then back by halves.
    if (!isOneSided) this.stepMs = SPREAD_MS;
    else this.stepMs *= this.side === -lean ? 0.5 : 2;
    this.side = isOneSided ? lean : 0;
    this.ms += lean * this.stepMs;
  }
}

describeOnDatabases(
  (kind) => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = await Fleet.start(kind);
    }, START_MS);
    afterAll(() => fleet?.close());

    const racers = async (count: number, { signsIn }: Race): Promise<readonly Racer[]> => {
      const people = await fleet.newcomers(count);
      if (!signsIn) {
        return people.map((one) => ({ ...one, sessionId: '', tokens: [], refreshToken: '' }));
      }
      const signedIn = await fleet.tell(
        0,
        people.map(({ user }) => ({ deed: 'signIn', user })),
      );
      return people.map((one, index) => {
        const pair = pairIn(signedIn[index] ?? { code: 'missing' });
        if (pair === undefined) throw new Error('A sign-in failed before the race.');
        const { accessToken, refreshToken, sessionId } = pair;
        return { ...one, sessionId, tokens: [accessToken], refreshToken };
      });
    };

    /** Both at once, in different processes; what the one minted. */
    const run = async (
      race: Race,
      racer: Racer,
      random: Random,
      leadMs: number,
    ): Promise<Outcome> => {
      const [minting, taking] = random.pick([
        [0, 1],
        [1, 2],
        [2, 0],
        [1, 0],
      ] as const);
      const delayMs = (least: number) => Math.max(0, least) + random.fraction() * SPREAD_MS;
      const [minted, taken] = await Promise.all([
        fleet.ask(minting, { ...race.mints(racer), delayMs: delayMs(leadMs) }),
        fleet.ask(taking, { ...race.takes(racer), delayMs: delayMs(-leadMs) }),
      ]);
      expect(taken.code, taken.message).toBe('accepted');
      expect(['accepted', ...race.codes, 'credentials_changed']).toContain(minted.code);
      return minted;
    };

    /** Every token, old and new, is refused by every process; and no refresh token gets another. */
    const expectDead = async (race: Race, racer: Racer, minted: Outcome): Promise<void> => {
      const pair = pairIn(minted);
      const tokens = [...racer.tokens, ...(pair === undefined ? [] : [pair.accessToken])];
      const refreshTokens = [racer.refreshToken, pair?.refreshToken ?? ''].filter(Boolean);
      const orders: readonly Order[] = [
        ...tokens.map((token): Order => ({ deed: 'request', token })),
        ...refreshTokens.map((token): Order => ({ deed: 'refresh', token })),
      ];
      for (let process = 0; process < fleet.size; process++) {
        for (const { code } of await fleet.tell(process, orders))
          expect(race.codes).toContain(code);
      }
    };

    describe.each(Object.entries(RACES))(`%s, from seed ${SEED}`, (_, race) => {
      it(`${RUNS} times, and nothing survives`, { timeout: 3_600_000 }, async () => {
        const random = new Random(SEED);
        let won = 0;
        const lead = new Lead();
        for (let done = 0; done < RUNS; done += BATCH) {
          const all = await racers(Math.min(BATCH, RUNS - done), race);
          const minted = await Promise.all(all.map((racer) => run(race, racer, random, lead.ms)));
          await fleet.settled();
          const dead = () =>
            Promise.all(
              all.map((racer, index) => expectDead(race, racer, minted[index] ?? { code: '' })),
            );
          await dead();
          const wins = minted.filter(({ code }) => code === 'accepted').length;
          won += wins;
          lead.follow(wins / all.length);
          if (!race.enables) continue;
          await fleet.tell(
            1,
            all.map(({ id }) => ({ deed: 'enable', id })),
          );
          await fleet.settled();
          await dead();
        }
        console.log(
          `${kind}, seed ${SEED}: of ${RUNS}, ${won} were minted before it was taken away`,
        );
        // Otherwise it was no race.
        if (RUNS >= 100) {
          expect(won).toBeGreaterThan(RUNS / 50);
          expect(won).toBeLessThan(RUNS - RUNS / 50);
        }
      });
    });
  },
  ['postgres', 'mariadb'],
);
