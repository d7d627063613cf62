/** Of how many maps one is made. */
const PARTS = 32;

/**
 * A map of names to numbers that only rise, in their order, so that it is swept from its front.
 *
 * In parts, because a map that grows is copied: with a million entries in one, V8 holds the event loop for
 * 60 ms. The last letter of a name says in which part it is; identifiers differ there.
 */
export class ShardedMap {
  private readonly parts = Array.from({ length: PARTS }, () => new Map<string, number>());

  get size(): number {
    let size = 0;
    for (const part of this.parts) size += part.size;
    return size;
  }

  get(name: string): number | undefined {
    return this.partOf(name).get(name);
  }

  /** @param value greater than every one before */
  set(name: string, value: number): void {
    const part = this.partOf(name);
    // Deleted first, or it would keep its old place.
    part.delete(name);
    part.set(name, value);
  }

  /** Deletes those below a value, `most` at the most; gives how many it deleted. */
  sweep(below: number, most: number): number {
    let deleted = 0;
    for (const part of this.parts) {
      for (const [name, value] of part) {
        if (value >= below || deleted === most) break;
        part.delete(name);
        deleted++;
      }
    }
    return deleted;
  }

  private partOf(name: string): Map<string, number> {
    // NaN, of an empty name, is 0 here.
    const index = name.charCodeAt(name.length - 1) % PARTS || 0;
    // There is one for each remainder.
    return this.parts[index] ?? new Map();
  }
}
