const SHARDS = 32;

/**
 * A map from names to numbers that only rise. Entries stay in the order of their numbers, so the lowest are deleted
 * first.
 *
 * It consists of many small maps, because V8 copies a map when it grows: with a million entries in one,
 * that blocks the event loop for 60 ms. The last character of a name selects the shard, because
 * identifiers differ there.
 */
export class ShardedMap {
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<string, number>());

  get size(): number {
    let size = 0;
    for (const shard of this.shards) size += shard.size;
    return size;
  }

  get(name: string): number | undefined {
    return this.shardOf(name).get(name);
  }

  /** @param value greater than every one before */
  set(name: string, value: number): void {
    const shard = this.shardOf(name);
    // Deleted first: otherwise it would keep its old place.
    shard.delete(name);
    shard.set(name, value);
  }

  /** Deletes at most `most` entries below a value. Returns how many it deleted. */
  sweep(below: number, most: number): number {
    let deleted = 0;
    for (const shard of this.shards) {
      for (const [name, value] of shard) {
        if (value >= below || deleted === most) break;
        shard.delete(name);
        deleted++;
      }
    }
    return deleted;
  }

  private shardOf(name: string): Map<string, number> {
    // For an empty name the index is NaN, which becomes 0.
    const index = name.charCodeAt(name.length - 1) % SHARDS || 0;
    // The fallback is for the compiler: there is a shard for each remainder.
    return this.shards[index] ?? new Map();
  }
}
