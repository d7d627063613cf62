/** Whatever comes over the wake-up channel causes a read at the most: it grants nothing, and takes nothing away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serviceUrl } from '../support/databases.js';
import { Deployment, describeDeployments, type Member } from './support/deployment.js';
import { Observer } from './support/observer.js';
import { whoAccepts } from './support/recovery.js';
import { report } from './support/report.js';
import { bound, sized } from './support/sizes.js';
import { expectWokenSince, healthOf, lastWakeUps } from './support/wake-ups.js';

const MESSAGES = sized(200_000, 20_000);
const BOUND_MS = 1_000;

describeDeployments(['notify', 'redis'], (wakeUp) => {
  let deployment: Deployment;
  beforeAll(async () => {
    const options = { wakeUp, processes: 2, maxStalenessMs: bound(BOUND_MS) };
    deployment = await Deployment.start(options);
  });
  afterAll(() => deployment.close());

  it(`${MESSAGES} forged, repeated and reordered messages change no decision`, async () => {
    const { mint, side, members } = deployment;
    const [stays, disabled] = await mint.accounts(2);
    if (stays === undefined || disabled === undefined) throw new Error('There are two.');
    await side.run(`UPDATE users SET status = 'disabled' WHERE id = '${disabled.userId}'`);
    await sleep(BOUND_MS + 100);
    const observer = new Observer(members, deployment.boundMs, 20);
    observer.watch(stays);
    await observer.revoke(observer.watch(disabled), () => Promise.resolve());
    const before = await settled(deployment);
    const began = performance.now();
    const sent = bytesOf(deployment);
    const woken = await lastWakeUps(members);
    await forge(deployment, [disabled.subject, stays.subject, disabled.jti]);
    // Not said into the void.
    if (deployment.boundMs > 0) await expectWokenSince(members, woken);
    await sleep(BOUND_MS);
    const seconds = (performance.now() - began) / 1_000;
    report(
      `${wakeUp}: ${MESSAGES} forged messages in ${seconds.toFixed(1)} s led the processes to send ${bytesOf(deployment) - sent} bytes to the database`,
    );
    observer.stop();

    expect(observer.violations).toEqual([]);
    expect(observer.seen.accepted).toBeGreaterThan(0);
    expect(await whoAccepts(deployment, disabled)).toEqual([]);
    expect(await snapshot(deployment)).toEqual(before);
    // A read is some 2,000 bytes: far fewer reads than messages, however fast the database is.
    expect(bytesOf(deployment) - sent).toBeLessThan(MESSAGES * 200);
  }, 120_000);
});

/** The log, and what each process knows of it. */
async function snapshot({ side, members }: Deployment) {
  const log = await side.rows(
    'SELECT COUNT(*) AS n, COUNT(seq) AS numbered, MAX(seq) AS seq FROM auth_revocation',
  );
  return { log, known: await Promise.all(members.map(knowledgeOf)) };
}

/** The same, once nothing more happens: rows are read again at each read until they have a number. */
async function settled(deployment: Deployment) {
  for (let last = await snapshot(deployment); ;) {
    await sleep(BOUND_MS);
    const next = await snapshot(deployment);
    const [row] = next.log;
    if (row?.['n'] === row?.['numbered'] && isDeepStrictEqual(next, last)) return next;
    last = next;
  }
}

/** What a process knows of the log, and how far it believes it. */
async function knowledgeOf(member: Member): Promise<unknown> {
  const { coverage, overlaySize, rowsRead, problems } = await healthOf(member);
  return { coverage, overlaySize, rowsRead, problems };
}

function bytesOf({ members }: Deployment): number {
  return members.reduce((sum, { database }) => sum + database.bytesToServer, 0);
}

/** Messages that would be worth something if they were believed, and ones that are not even text. */
async function forge({ options, side, channel }: Deployment, refs: readonly string[]) {
  const claims = refs.flatMap((ref) =>
    ['allow', 'deny', 'subject', 'token', 'resync'].map((kind) => JSON.stringify({ kind, ref })),
  );
  const texts = [...claims, 'hint', 'beat', '', '*', '\u{1f480}', 'x'.repeat(2_000)];
  if (options.wakeUp === 'notify') {
    const list = texts.map((text) => `'${text}'`).join(', ');
    // Equal ones of one transaction are one: a number makes them differ.
    await side.run(
      `SELECT pg_notify('${channel}', t.text || CASE WHEN g % 2 = 0 THEN '' ELSE g::text END)` +
        ` FROM generate_series(1, ${MESSAGES / texts.length}) g, unnest(ARRAY[${list}]) t(text)`,
    );
    return;
  }
  const redis = new Redis(serviceUrl('TEST_REDIS_URL') ?? '');
  for (let sent = 0; sent < MESSAGES; sent += 1_000) {
    const batch = redis.pipeline();
    for (let index = 0; index < 1_000; index++) {
      batch.publish(channel, texts[(sent + index) % texts.length] ?? '');
    }
    // One batch after the other.
    // oxlint-disable-next-line no-await-in-loop
    await batch.exec();
  }
  redis.disconnect();
}
