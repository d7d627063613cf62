/** Boundaries that are closer than this are merged, in milliseconds. Some entries then expire a little later. */
const GRAIN_MS = 1_000;

interface Boundary {
  through: number;
  expiresAt: number;
  /** When the first of the merged entries would have expired. */
  readonly from: number;
}

/** When entries expire, by ranges of versions: entries do not have to store their own instants. */
export class ExpiryQueue {
  private readonly boundaries: Boundary[] = [];
  private through = 0;

  /** Adds an entry. Its version is the highest so far. It does not expire before entries of lower versions. */
  add(version: number, expiresAt: number): void {
    const last = this.boundaries.at(-1);
    if (last !== undefined && expiresAt - last.from < GRAIN_MS) {
      last.through = version;
      last.expiresAt = Math.max(last.expiresAt, expiresAt);
    } else {
      this.boundaries.push({ through: version, expiresAt, from: expiresAt });
    }
  }

  /** The version up to which every entry has expired; 0 for none. */
  expiredBy(now: number): number {
    for (;;) {
      const [first] = this.boundaries;
      if (first === undefined || first.expiresAt > now) return this.through;
      this.through = first.through;
      this.boundaries.shift();
    }
  }
}
