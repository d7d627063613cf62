/** What the log must not lose: slow and rolled back transactions, a log that goes back, deaths and births. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Deployment, describeDeployments } from './support/deployment.js';
import { loseLog } from './support/log-loss.js';
import { Observer } from './support/observer.js';
import { report } from './support/report.js';
import { recovery, visibility, whoAccepts } from './support/recovery.js';
import { bound, sized } from './support/sizes.js';
import type { Holder } from './support/tokens.js';

const BOUND_MS = 500;

describeDeployments(['notify'], (wakeUp) => {
  let deployment: Deployment;
  let observer: Observer;
  beforeAll(async () => {
    const options = { wakeUp, processes: 2, maxStalenessMs: bound(BOUND_MS) };
    deployment = await Deployment.start(options);
  });
  beforeEach(() => {
    observer = new Observer(deployment.members, deployment.boundMs, 20);
  });
  afterEach(() => observer.stop());
  afterAll(() => deployment.close());

  const account = async (): Promise<Holder> => {
    const [holder] = await deployment.mint.accounts(1);
    if (holder === undefined) throw new Error('There is an account.');
    return holder;
  };
  const expectKept = async () => {
    await sleep(deployment.boundMs + 100);
    observer.stop();
    expect(observer.violations).toEqual([]);
  };

  it('transactions that commit in another order than they wrote', async () => {
    const { side, mint } = deployment;
    for (let round = 0; round < sized(5, 1); round++) {
      const holders = await mint.accounts(6);
      const watched = holders.map((holder) => observer.watch(holder));
      const open = [];
      for (const holder of holders) {
        const transaction = await side.begin();
        await transaction.run(disable(holder));
        open.push(transaction);
      }
      // The last writer first, with reads of the log in between.
      for (const [index, transaction] of [...open.entries()].toReversed()) {
        const one = watched[index];
        if (one === undefined) throw new Error('Each is watched.');
        await observer.revoke(one, () => transaction.commit());
        await sleep(deployment.boundMs / 3);
      }
      await sleep(deployment.boundMs);
      for (const holder of holders) expect(await whoAccepts(deployment, holder)).toEqual([]);
    }
    await expectKept();
  }, 180_000);

  it('a transaction that was open for longer than a token lives', async () => {
    const { side } = deployment;
    const holder = await account();
    const watched = observer.watch(holder);
    const transaction = await side.begin();
    await transaction.run(disable(holder));
    // As if it had been written hours ago, when none of today's tokens was there.
    await transaction.run(
      `UPDATE auth_revocation SET created_at = created_at - 7200000, expires_at = expires_at - 7200000 WHERE ref = '${holder.subject}'`,
    );
    // Others go on meanwhile, far past its place.
    for (let index = 0; index < 20; index++) await side.run(disable(await account()));
    await sleep(deployment.boundMs);
    await observer.revoke(watched, () => transaction.commit());
    await sleep(deployment.boundMs + 100);
    expect(await whoAccepts(deployment, holder)).toEqual([]);
    // A process that starts now reads it, too.
    await deployment.member(1).stop('SIGKILL');
    await deployment.member(1).start();
    expect(await whoAccepts(deployment, holder)).toEqual([]);
    await expectKept();
  }, 60_000);

  it('a transaction that is rolled back takes nothing away', async () => {
    const { side } = deployment;
    const holder = await account();
    observer.watch(holder);
    const transaction = await side.begin();
    await transaction.run(disable(holder));
    await sleep(deployment.boundMs);
    await transaction.rollback();
    await expectKept();
    expect(await whoAccepts(deployment, holder)).toHaveLength(2);
  });

  it.each([
    ['all of it', 'all'],
    ['its last rows', 3],
  ] as const)('a log that has lost %s under a running tail', async (_, rows) => {
    const { side } = deployment;
    for (let index = 0; index < 5; index++) await side.run(disable(await account()));
    await sleep(deployment.boundMs + 100);
    const [before, during, after] = [await account(), await account(), await account()];
    const stays = await account();
    observer.watch(stays);
    const watched = [before, during, after].map((holder) => observer.watch(holder));
    const [first, second, third] = watched;
    if (first === undefined || second === undefined || third === undefined) throw new Error('3');
    await observer.revoke(first, () => side.run(disable(before)));
    await sleep(deployment.boundMs / 2);
    // Nobody reads it before it is lost.
    for (const { database } of deployment.members) database.refuse();
    await observer.revoke(second, () => side.run(disable(during)));
    await side.run('DELETE FROM auth_revocation WHERE seq IS NULL');
    expect(await loseLog(side, rows)).toBe(true);
    for (const member of deployment.members) member.heal();
    await observer.revoke(third, () => side.run(disable(after)));
    await sleep(deployment.boundMs + 100);
    for (const { holder } of watched) expect(await whoAccepts(deployment, holder)).toEqual([]);
    expect(await whoAccepts(deployment, stays)).toHaveLength(2);
    await expectKept();
    expect(await recovery(deployment, stays)).toBeLessThan(5_000);
  });

  it.skipIf(wakeUp !== 'notify' || bound(1) === undefined)(
    'a trigger that is switched off under running processes',
    async () => {
      const { side, members } = deployment;
      const [stays, holder] = [await account(), await account()];
      const [trigger] = await side.rows(
        `SELECT tgname AS name FROM pg_trigger` +
          ` WHERE tgrelid = 'users'::regclass AND NOT tgisinternal AND pg_get_triggerdef(oid) LIKE '% UPDATE %'`,
      );
      const name = side.q(String(trigger?.['name']));
      await side.run(`ALTER TABLE users DISABLE TRIGGER ${name}`);
      // They look every ten seconds, say what is missing, and decide strictly.
      for (const { running } of members) {
        await vi.waitFor(
          async () => {
            const { status, text } = await running.nobody.get('/health/ready');
            expect([status, text]).toEqual([503, expect.stringContaining('trigger')]);
          },
          { timeout: 20_000, interval: 200 },
        );
      }
      await side.run(disable(holder));
      expect(await whoAccepts(deployment, holder)).toEqual([]);
      expect(await whoAccepts(deployment, stays)).toHaveLength(members.length);
      // No row tells of the change; what is older than the trigger is not believed.
      await side.run(`ALTER TABLE users ENABLE ALWAYS TRIGGER ${name}`);
      await recovery(deployment, stays);
      expect(await whoAccepts(deployment, holder)).toEqual([]);
    },
    90_000,
  );

  it('a process that is killed between the commit and its answer', async () => {
    const { side } = deployment;
    const [dying, other] = [deployment.member(1), deployment.member(0)];
    const holder = await account();
    const watched = observer.watch(holder);
    watched.begunAt = performance.now();
    const admin = deployment.admin(dying);
    const answer = admin
      .patch(`/admin/users/${holder.userId}`, { status: 'disabled' })
      .then(({ status }) => status)
      .catch(() => 'none');
    // The commit arrives, word of it does not come back.
    for (;;) {
      const [row] = await side.rows(`SELECT status FROM users WHERE id = '${holder.userId}'`);
      if (row?.['status'] === 'disabled') break;
    }
    dying.database.fault('hold', 'toClient');
    watched.committedAt = performance.now();
    await dying.stop('SIGKILL');
    dying.heal();
    report(`${wakeUp}: its answer was ${String(await answer)}`);
    const { accepted } = await visibility(other, holder, watched.committedAt);
    expect(accepted).toBeLessThanOrEqual(deployment.boundMs);
    await dying.start();
    expect(await whoAccepts(deployment, holder)).toEqual([]);
    await expectKept();
  }, 30_000);

  it('a process that starts while revocations stream', async () => {
    const { side, mint } = deployment;
    const starting = deployment.member(1);
    await starting.stop('SIGKILL');
    const holders = await mint.accounts(sized(150, 40));
    const running = starting.start();
    for (const holder of holders) {
      const watched = observer.watch(holder);
      await sleep(20);
      await observer.revoke(watched, () => side.run(disable(holder)));
    }
    await running;
    await sleep(deployment.boundMs + 100);
    for (const holder of holders) expect(await whoAccepts(deployment, holder)).toEqual([]);
    await expectKept();
  }, 180_000);
});

function disable({ userId }: Holder): string {
  return `UPDATE users SET status = 'disabled' WHERE id = '${userId}'`;
}
