import type { DecisionCode } from '../decision/refusal.js';
import type { AuthStateReader } from '../decision/auth-state.js';
import { optionalPeer } from '../validation/optional-peer.js';
import type { FreshnessMonitor, FreshnessStatus } from '../freshness/freshness.js';

export type CountedOutcome = 'accepted' | 'unavailable' | DecisionCode | 'token_expired';

/** Counts the decisions and reads of one AuthModule, and shows how fresh its decisions are. */
export class AuthMetrics {
  private readonly decisions: Counter;
  private readonly strictReads: Counter;
  private readonly realm: Attributes;
  /** Kept, because every request needs one of them. */
  private readonly attributes = new Map<CountedOutcome, Attributes>();
  private readonly observed: [Observable, Callback][] = [];

  constructor(
    private readonly meter: Meter,
    realm: string,
  ) {
    this.realm = { 'auth.realm': realm };
    this.decisions = meter.createCounter('auth.decisions', {
      description: 'Decisions on genuine tokens, by outcome and, if refused, by code.',
      unit: '{decision}',
    });
    this.strictReads = meter.createCounter('auth.strict_reads', {
      description: 'Lookups of auth state. One statement can serve several.',
      unit: '{read}',
    });
  }

  decided(outcome: CountedOutcome): void {
    this.decisions.add(1, this.attributesOf(outcome));
  }

  counting(reader: AuthStateReader): AuthStateReader {
    return {
      read: (lookup, sending) => {
        this.strictReads.add(1, this.realm);
        return reader.read(lookup, sending);
      },
    };
  }

  /** Reports freshness whenever metrics are collected. */
  observe(monitor: FreshnessMonitor): void {
    for (const [kind, name, unit, description, pick] of TRACKED) {
      const instrument = this.meter[kind](name, { description, unit });
      const callback: Callback = (result) => {
        const status = monitor.status();
        const value = status.mode === 'tracked' ? pick(status) : undefined;
        if (value !== undefined) result.observe(value, this.realm);
      };
      instrument.addCallback(callback);
      this.observed.push([instrument, callback]);
    }
  }

  stop(): void {
    for (const [instrument, callback] of this.observed) instrument.removeCallback(callback);
  }

  private attributesOf(outcome: CountedOutcome): Attributes {
    const known = this.attributes.get(outcome);
    if (known !== undefined) return known;
    const labels: Attributes =
      outcome === 'accepted' || outcome === 'unavailable'
        ? { 'auth.outcome': outcome }
        : { 'auth.outcome': 'refused', 'auth.code': outcome };
    const made: Attributes = Object.freeze({ ...this.realm, ...labels });
    this.attributes.set(outcome, made);
    return made;
  }
}

const TRACKED: readonly (readonly [
  kind: 'createObservableGauge' | 'createObservableCounter',
  name: string,
  unit: string,
  description: string,
  pick: (status: FreshnessStatus) => number | undefined,
])[] = [
  [
    'createObservableGauge',
    'auth.staleness',
    's',
    'Age of the state behind decisions without a read.',
    ({ ageMs }) => (ageMs === undefined ? undefined : ageMs / 1000),
  ],
  [
    'createObservableGauge',
    'auth.tracking',
    '1',
    '1 while decisions are made without a read, 0 while each one reads.',
    ({ isTracking }) => (isTracking ? 1 : 0),
  ],
  [
    'createObservableGauge',
    'auth.log.lag',
    '{row}',
    'Numbered rows of the revocation log that were not read yet.',
    ({ logLag }) => logLag,
  ],
  [
    'createObservableGauge',
    'auth.overlay.size',
    '{entry}',
    'Changed subjects, sessions and tokens in memory.',
    ({ overlaySize }) => overlaySize,
  ],
  [
    'createObservableCounter',
    'auth.log.rows_read',
    '{row}',
    'Rows of the revocation log that were read.',
    ({ rowsRead }) => rowsRead,
  ],
];

/** The part of an OpenTelemetry meter that is used here. OpenTelemetry's own types would need the optional peer. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): Counter;
  createObservableGauge(name: string, options: InstrumentOptions): Observable;
  createObservableCounter(name: string, options: InstrumentOptions): Observable;
}

type InstrumentOptions = { readonly description: string; readonly unit: string };
type Attributes = Readonly<Record<string, string>>;
type Callback = (result: { observe: Counter['add'] }) => void;

interface Counter {
  add(value: number, attributes: Record<string, string>): void;
}

interface Observable {
  addCallback(callback: Callback): void;
  removeCallback(callback: Callback): void;
}

/**
 * A meter of the application's OpenTelemetry; `undefined`: its API, an optional peer, is not installed. The meter
 * does nothing unless an SDK is registered before the application starts.
 */
export async function applicationMeter(): Promise<Meter | undefined> {
  const api = await optionalPeer('@opentelemetry/api', () => import('@opentelemetry/api'));
  return api?.metrics.getMeter('nestjs-revocable-jwt');
}
