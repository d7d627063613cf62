export interface Clocks {
  /** Milliseconds that never go back. On Linux this clock stops while the machine is suspended. */
  monotonic(): number;
  /** Milliseconds since the epoch; this clock can be stepped. */
  wall(): number;
}

export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * How long memory may be trusted after a read of the log.
 *
 * A read that completed has seen everything that was committed before it began. So the lease runs from the
 * *beginning* of the read. It runs by both clocks, and the stricter one counts. One stops while the machine is
 * suspended, and the other can be stepped, so no single event makes both of them wrong.
 */
export class Lease {
  private since: Instant | undefined;
  private databaseSince = 0;

  constructor(
    private readonly maxStalenessMs: number,
    private readonly clocks: Clocks = {
      monotonic: () => performance.now(),
      wall: () => Date.now(),
    },
  ) {}

  /** The present instant. Take it before a read is sent. */
  now(): Instant {
    return { monotonic: this.clocks.monotonic(), wall: this.clocks.wall() };
  }

  /**
   * Call it when the read that began at `began` has completed, and all its rows are applied.
   *
   * @param databaseNow the database's clock as that read reported it
   */
  renew(began: Instant, databaseNow: number): void {
    this.since = began;
    this.databaseSince = databaseNow;
  }

  /** Ends the trust until the next read completes. */
  end(): void {
    this.since = undefined;
  }

  /** Whether memory may be trusted now. */
  get isFresh(): boolean {
    return this.databaseNow() !== undefined;
  }

  /**
   * The present instant by the database's clock, in milliseconds; `undefined` when memory may not be
   * trusted any more. It is ahead of that clock by at most the time that the read took.
   */
  databaseNow(): number | undefined {
    const { since, clocks } = this;
    if (since === undefined) return undefined;
    if (!this.reachesBackTo(since)) return undefined;
    return this.databaseSince + Math.floor(clocks.monotonic() - since.monotonic);
  }

  /**
   * Whether the answer to a statement that was sent at this instant is still within the promised bound.
   * The last read of the log does not matter here.
   */
  reachesBackTo({ monotonic, wall }: Instant): boolean {
    const { maxStalenessMs, clocks } = this;
    return (
      isWithin(clocks.monotonic() - monotonic, maxStalenessMs) &&
      isWithin(clocks.wall() - wall, maxStalenessMs)
    );
  }

  /** Milliseconds since the trusted read began; `undefined` before the first. */
  get ageMs(): number | undefined {
    return this.since === undefined ? undefined : this.clocks.monotonic() - this.since.monotonic;
  }
}

/** A clock that went backwards does not tell how much time has passed. */
function isWithin(elapsed: number, bound: number): boolean {
  return elapsed >= 0 && elapsed <= bound;
}
