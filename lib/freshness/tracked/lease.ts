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

  constructor(
    private readonly maxStalenessMs: number,
    private readonly clocks: Clocks = processClocks,
  ) {}

  /** The present instant; taken before a read is sent. */
  now(): Instant {
    return { monotonic: this.clocks.monotonic(), wall: this.clocks.wall() };
  }

  /** A read that began then has completed, with everything it brought applied. */
  renew(began: Instant): void {
    this.since = began;
  }

  /** Trusts nothing until the next read completes. */
  end(): void {
    this.since = undefined;
  }

  /** Whether what was read may be trusted now. */
  get isFresh(): boolean {
    if (this.since === undefined) return false;
    return (
      isWithin(this.clocks.monotonic() - this.since.monotonic, this.maxStalenessMs) &&
      isWithin(this.clocks.wall() - this.since.wall, this.maxStalenessMs)
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
