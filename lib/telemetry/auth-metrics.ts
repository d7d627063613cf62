import type { DecisionCode } from '../decision/refusal.js';
import type { AuthStateReader } from '../decision/auth-state.js';
import type { FreshnessMonitor, FreshnessStatus } from '../freshness/freshness.js';
import type { Attributes, Counter, Meter, Observable, ObservableResult } from './meter.js';

/** The outcome of a decision. */
export type CountedOutcome = 'accepted' | 'unavailable' | DecisionCode | 'token_expired';

/** Counts the decisions and reads of one AuthModule, and shows how fresh its decisions are. */
export class AuthMetrics {
  private readonly decisions: Counter;
  private readonly strictReads: Counter;
  private readonly realm: Attributes;
  /** Each made once: every request passes here. */
  private readonly attributes = new Map<CountedOutcome, Attributes>();
  private readonly observed: [Observable, (result: ObservableResult) => void][] = [];

  constructor(
    private readonly meter: Meter,
    realm: string,
  ) {
    this.realm = { 'auth.realm': realm };
    this.decisions = meter.createCounter('auth.decisions', {
      description: 'Decisions on genuine tokens, by outcome and, where refused, code.',
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

  /** Counts the reads of this reader. */
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
    const { meter } = this;
    const tracked = (pick: (status: FreshnessStatus) => number | undefined) =>
      this.whenCollected(monitor, (status) =>
        status.mode === 'tracked' ? pick(status) : undefined,
      );
    tracked(({ ageMs }) => (ageMs === undefined ? undefined : ageMs / 1000))(
      meter.createObservableGauge('auth.staleness', {
        description: 'Age of the state behind decisions without a read.',
        unit: 's',
      }),
    );
    tracked(({ isTracking }) => (isTracking ? 1 : 0))(
      meter.createObservableGauge('auth.tracking', {
        description: '1 while decisions are made without a read, 0 while each one reads.',
        unit: '1',
      }),
    );
    tracked(({ logLag }) => logLag)(
      meter.createObservableGauge('auth.log.lag', {
        description: 'Numbered rows of the revocation log that were not read yet.',
        unit: '{row}',
      }),
    );
    tracked(({ overlaySize }) => overlaySize)(
      meter.createObservableGauge('auth.overlay.size', {
        description: 'Changed subjects, sessions and tokens in memory.',
        unit: '{entry}',
      }),
    );
    tracked(({ rowsRead }) => rowsRead)(
      meter.createObservableCounter('auth.log.rows_read', {
        description: 'Rows of the revocation log that were read.',
        unit: '{row}',
      }),
    );
  }

  /** Stops the reports. */
  stop(): void {
    for (const [instrument, callback] of this.observed) instrument.removeCallback(callback);
  }

  private whenCollected(
    monitor: FreshnessMonitor,
    pick: (status: FreshnessStatus) => number | undefined,
  ): (instrument: Observable) => void {
    return (instrument) => {
      const callback = (result: ObservableResult) => {
        const value = pick(monitor.status());
        if (value !== undefined) result.observe(value, this.realm);
      };
      instrument.addCallback(callback);
      this.observed.push([instrument, callback]);
    };
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
