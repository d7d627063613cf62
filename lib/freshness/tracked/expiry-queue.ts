/** Boundaries closer together than this, in milliseconds, are one: what lies between leaves a little later. */
const GRAIN_MS = 1_000;

interface Boundary {
  through: number;
  leavesAt: number;
  /** When the first of those that share it would have left. */
  readonly from: number;
}

/** When entries leave: all up to a version at one instant, so that no entry need keep an instant itself. */
export class ExpiryQueue {
  private readonly boundaries: Boundary[] = [];
  private through = 0;

  /** An entry of this version, the highest so far, leaves then; not before one of a lower version. */
  add(version: number, leavesAt: number): void {
    const last = this.boundaries.at(-1);
    if (last !== undefined && leavesAt - last.from < GRAIN_MS) {
      last.through = version;
      last.leavesAt = Math.max(last.leavesAt, leavesAt);
    } else {
      this.boundaries.push({ through: version, leavesAt, from: leavesAt });
    }
  }

  /** The version up to which every entry may leave by now; 0 for none. */
  expiredBy(now: number): number {
    for (;;) {
      const [first] = this.boundaries;
      if (first === undefined || first.leavesAt > now) return this.through;
      this.through = first.through;
      this.boundaries.shift();
    }
  }
}
