/** The two clocks of a process. */
export interface Clocks {
  /** Milliseconds that only rise; on Linux it stands still while the machine is suspended. */
  monotonic(): number;
  /** Milliseconds since the epoch; it can be stepped. */
  wall(): number;
}

const processClocks: Clocks = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};

/** An instant by both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * How long what was read may still be trusted.
 *
 * A read that began at an instant and completed proves the log known up to that instant: whatever
 * committed before, it saw. The lease therefore runs from the *beginning* of the read, by both
 * clocks, and the stricter one counts: one stands still in suspend, the other can be stepped, and
 * they do not lie the same way.
 */
export class Lease {
  private since: Instant | undefined;
  private databaseSince = 0;

  constructor(
    private readonly maxStalenessMs: number,
    private readonly clocks: Clocks = processClocks,
  ) {}

  /** The present instant; taken before a read is sent. */
  now(): Instant {
    return { monotonic: this.clocks.monotonic(), wall: this.clocks.wall() };
  }

  /**
   * A read that began then has completed, with everything it brought applied.
   *
   * @param databaseNow the database's clock as that read told it
   */
  renew(began: Instant, databaseNow: number): void {
    this.since = began;
    this.databaseSince = databaseNow;
  }

  /** Trusts nothing until the next read completes. */
  end(): void {
    this.since = undefined;
  }

  /** Whether what was read may be trusted now. */
  get isFresh(): boolean {
    return this.databaseNow() !== undefined;
  }

  /**
   * The present instant by the database's clock, in milliseconds; `undefined` when what was read may
   * not be trusted any more. Ahead of that clock by at most the time that the read took.
   */
  databaseNow(): number | undefined {
    const { since, clocks } = this;
    if (since === undefined) return undefined;
    if (!this.reachesBackTo(since)) return undefined;
    return this.databaseSince + Math.floor(clocks.monotonic() - since.monotonic);
  }

  /**
   * Whether what a statement saw that was sent at this instant is still as new as promised, whatever
   * became of the last read of the log.
   */
  reachesBackTo({ monotonic, wall }: Instant): boolean {
    const { maxStalenessMs, clocks } = this;
    return (
      isWithin(clocks.monotonic() - monotonic, maxStalenessMs) &&
      isWithin(clocks.wall() - wall, maxStalenessMs)
    );
  }

  /** Milliseconds since the read that is trusted began; `undefined` before the first. */
  get ageMs(): number | undefined {
    return this.since === undefined ? undefined : this.clocks.monotonic() - this.since.monotonic;
  }
}

/** A clock that went backwards says nothing about how much time has passed. */
function isWithin(elapsed: number, bound: number): boolean {
  return elapsed >= 0 && elapsed <= bound;
}
