/** The part of an OpenTelemetry meter that is used here. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): Counter;
  createObservableGauge(name: string, options: InstrumentOptions): Observable;
  createObservableCounter(name: string, options: InstrumentOptions): Observable;
}

export interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
}

export type Attributes = Readonly<Record<string, string>>;

export interface Counter {
  add(value: number, attributes: Record<string, string>): void;
}

export interface Observable {
  addCallback(callback: (result: ObservableResult) => void): void;
  removeCallback(callback: (result: ObservableResult) => void): void;
}

export interface ObservableResult {
  observe(value: number, attributes: Record<string, string>): void;
}

const NAME = 'nestjs-revocable-jwt';

/**
 * A meter of the application's OpenTelemetry; `undefined` when its API, an optional peer, is not installed. Meters do
 * nothing unless an SDK was registered before the application started.
 */
export async function applicationMeter(): Promise<Meter | undefined> {
  try {
    const { metrics } = await import('@opentelemetry/api');
    return metrics.getMeter(NAME);
  } catch {
    return undefined;
  }
}
