/** Fifty uses of one refresh token at once, over three processes: one successor. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnDatabases } from '../support/databases.js';
import { Fleet, START_MS, type Order, type Outcome, pairIn } from './support/fleet.js';
import { runsOf } from './support/sizes.js';

const USES = 50;
const RUNS = runsOf(200);

describeOnDatabases(
  (kind) => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = await Fleet.start(kind);
    }, START_MS);
    afterAll(() => fleet?.close());

    /** All of them at once, by turns to each process. */
    const useAtOnce = async (token: string): Promise<readonly Outcome[]> => {
      const order: Order = { deed: 'refresh', token };
      const shares = Array.from({ length: fleet.size }, (_, index) =>
        Array.from({ length: Math.ceil((USES - index) / fleet.size) }, () => order),
      );
      const outcomes = await Promise.all(shares.map((orders, index) => fleet.tell(index, orders)));
      return outcomes.flat();
    };

    it(`${RUNS} times`, { timeout: 3_600_000 }, async () => {
      const people = await fleet.newcomers(RUNS);
      for (const { user } of people) {
        const pair = pairIn(await fleet.ask(0, { deed: 'signIn', user }));
        const outcomes = await useAtOnce(pair?.refreshToken ?? '');
        expect(outcomes.map(({ code }) => code)).toEqual(
          Array.from({ length: USES }, () => 'accepted'),
        );
        const successors = new Set(outcomes.map((outcome) => pairIn(outcome)?.refreshToken));
        expect(successors.size).toBe(1);
        // And it is one that counts, once.
        const [successor = ''] = successors;
        const next = await fleet.ask(1, { deed: 'refresh', token: successor });
        expect(next.code).toBe('accepted');
        const stale = await fleet.ask(2, { deed: 'refresh', token: pair?.refreshToken ?? '' });
        expect(stale.code).toBe('refresh_reused');
      }
    });
  },
  ['postgres', 'mariadb'],
);
