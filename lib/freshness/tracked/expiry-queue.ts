/** Boundaries closer together than this, in milliseconds, are merged; some entries then expire a little later. */
const GRAIN_MS = 1_000;

interface Boundary {
  through: number;
  expiresAt: number;
  /** When the first of the merged entries would have expired. */
  readonly from: number;
}

/** When entries expire, kept per range of versions, so that no entry has to store its own instant. */
export class ExpiryQueue {
  private readonly boundaries: Boundary[] = [];
  private through = 0;

  /** An entry of this version, the highest so far, expires then, but not before those of lower versions. */
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
