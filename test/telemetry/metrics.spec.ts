/** The metrics that a real SDK collects from a real application, in both kinds of freshness. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import type { TestDatabase } from '../support/databases.js';
import { watchedDatabase } from '../support/watched-database.js';
import { applicationMeter } from '../../lib/telemetry/auth-metrics.js';
import { WAIT_LIMIT_MS } from '../support/wait-limit.js';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const provider = new MeterProvider({ readers: [reader] });

beforeAll(() => void metrics.setGlobalMeterProvider(provider));
afterAll(async () => {
  metrics.disable();
  await provider.shutdown();
});

interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** The points of every instrument, as of now. */
async function collected(): Promise<ReadonlyMap<string, { unit: string; points: Point[] }>> {
  exporter.reset();
  await provider.forceFlush();
  const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  return new Map(
    all
      .filter(({ scope }) => scope.name === 'nestjs-revocable-jwt')
      .flatMap((scope) => scope.metrics)
      .map(({ descriptor, dataPoints }) => [
        descriptor.name,
        {
          unit: descriptor.unit,
          points: dataPoints.map(({ attributes, value }) => ({ attributes, value })),
        },
      ]),
  );
}

/** Long enough that a machine which stands still for a while does not make decisions strict. */
const BOUND = 10_000;
const realm = { 'auth.realm': 'jwt' };
const outcome = (text: string) => ({ ...realm, 'auth.outcome': text });
const refused = { ...outcome('refused'), 'auth.code': 'token_revoked' };

/** The value of the one point with exactly these attributes; 0 where there is none. */
async function valueOf(name: string, attributes: Readonly<Record<string, string>>) {
  const points = (await collected()).get(name)?.points ?? [];
  return Number(
    points.find((point) => isDeepStrictEqual(point.attributes, attributes))?.value ?? 0,
  );
}

describe.each(['strict', 'tracked'] as const)('%s', (mode) => {
  let app: AuthApp;
  let database: TestDatabase;
  beforeAll(async () => {
    const options = authOptions({ auth: { freshness: { mode, maxStaleness: BOUND } } });
    database = await watchedDatabase('sqlite', options);
    app = await startAuthApp({ database, synchronize: false, auth: options, jwt: options.jwt });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('decisions are counted by outcome and code, and freshness is shown', async () => {
    const alice = await app.addPerson({ roles: ['user'] });
    // A token from before is read and not believed.
    await sleep(mode === 'tracked' ? 1_100 : 0);
    const { accessToken } = await app.auth.signIn(alice);
    if (mode === 'tracked') {
      await vi.waitUntil(async () => (await valueOf('auth.tracking', realm)) === 1, WAIT_LIMIT_MS);
    }
    const reads = await valueOf('auth.strict_reads', realm);
    const accepted = await valueOf('auth.decisions', outcome('accepted'));
    const revoked = await valueOf('auth.decisions', refused);
    for (let request = 0; request < 3; request++) {
      expect(await app.get('admin', accessToken)).toMatchObject({ status: 403 });
    }
    const read = mode === 'strict' ? 3 : 0;
    expect((await valueOf('auth.strict_reads', realm)) - reads).toBe(read);
    await app.revocation.revokeToken(accessToken);
    expect(await app.get('admin', accessToken)).toMatchObject({ status: 401 });

    expect((await valueOf('auth.decisions', outcome('accepted'))) - accepted).toBe(3);
    expect((await valueOf('auth.decisions', refused)) - revoked).toBe(1);

    const gauges = ['auth.staleness', 'auth.tracking', 'auth.log.lag', 'auth.overlay.size'];
    const all = await collected();
    for (const gauge of [...gauges, 'auth.log.rows_read']) {
      const own = all
        .get(gauge)
        ?.points.filter(({ attributes }) => isDeepStrictEqual(attributes, realm));
      expect([gauge, own?.length ?? 0]).toEqual([gauge, mode === 'tracked' ? 1 : 0]);
    }
    if (mode === 'strict') return;
    expect(await valueOf('auth.tracking', realm)).toBe(1);
    expect(await valueOf('auth.log.lag', realm)).toBe(0);
    expect(await valueOf('auth.overlay.size', realm)).toBe(1);
    expect(await valueOf('auth.log.rows_read', realm)).toBeGreaterThan(0);
    const staleness = await valueOf('auth.staleness', realm);
    expect(staleness).toBeGreaterThan(0);
    // In seconds.
    expect(staleness).toBeLessThan(BOUND / 1_000);
  });

  it('what cannot be decided is counted as unavailable', async () => {
    const person = await app.addPerson({ roles: ['user'] });
    const { accessToken } = await app.auth.signIn(person);
    const before = await valueOf('auth.decisions', outcome('unavailable'));
    await app.revocation.revokeUser(person.id);
    // What the account is now must be read, and cannot be.
    await app.dataSource.query('ALTER TABLE person RENAME TO nobody');
    expect(await app.whoami(accessToken)).toMatchObject({ status: 503 });
    await app.dataSource.query('ALTER TABLE nobody RENAME TO person');
    expect((await valueOf('auth.decisions', outcome('unavailable'))) - before).toBe(1);
  });
});

it('every metric has a unit, and all are in the documentation', async () => {
  const guide = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
  const all = await collected();
  expect(all.size).toBe(7);
  for (const [name, { unit }] of all) {
    expect(unit).not.toBe('');
    expect(guide).toContain(`\`${name}\``);
  }
});

it('without the API nothing is counted, and nothing is missed', async () => {
  const absent = { optionalPeer: () => Promise.resolve(undefined) };
  vi.doMock('../../lib/validation/optional-peer.js', () => absent);
  // Loaded once more: the one from above has the API.
  const path: string = '../../lib/telemetry/auth-metrics.js?without-the-api';
  const meter: { readonly applicationMeter: typeof applicationMeter } = await import(path);
  expect(await meter.applicationMeter()).toBeUndefined();
  vi.doUnmock('../../lib/validation/optional-peer.js');
});
