/** The table of processes, statement by statement as the real one. */
import type { Behind } from '../../../lib/freshness/processes/process-table.js';
import type { LogPage } from '../../../lib/log/log-page.js';

interface Entry {
  readonly maxStalenessMs: number;
  completeAsOf: number;
  askedAt: number | null;
  leftAt: number | null;
}

export class ModelProcesses {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly clock: () => number) {}

  seenBy(id: string): Pick<LogPage, 'isRegistered' | 'askedAt'> {
    let last: number | null = null;
    for (const { askedAt } of this.entries.values()) {
      if (askedAt !== null && (last === null || askedAt > last)) last = askedAt;
    }
    return { isRegistered: this.entries.get(id)?.leftAt === null, askedAt: last };
  }

  register(id: string, maxStalenessMs: number): true {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.leftAt = null;
    else {
      const completeAsOf = this.clock();
      this.entries.set(id, { maxStalenessMs, completeAsOf, askedAt: null, leftAt: null });
    }
    return true;
  }

  acknowledge(id: string, question: number): true {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.completeAsOf = Math.max(entry.completeAsOf, question);
    return true;
  }

  /** Nothing where this process is not in the table. */
  ask(id: string): number | undefined {
    const entry = this.entries.get(id);
    if (entry === undefined) return undefined;
    let last = 0;
    for (const { completeAsOf, askedAt } of this.entries.values()) {
      last = Math.max(last, completeAsOf, askedAt ?? 0);
    }
    entry.askedAt = Math.max(this.clock(), last + 1);
    return entry.askedAt;
  }

  behind(question: number): readonly Behind[] {
    return [...this.entries]
      .filter(([, { completeAsOf }]) => completeAsOf < question)
      .map(([id, { maxStalenessMs, leftAt }]) => ({
        id,
        maxStalenessMs,
        leftForMs: leftAt === null ? undefined : this.clock() - leftAt,
      }));
  }

  giveUp(ids: readonly string[], question: number): true {
    for (const [id, entry] of this.entries) {
      if (ids.includes(id) && entry.leftAt === null && entry.completeAsOf < question) {
        entry.leftAt = this.clock();
      }
    }
    return true;
  }

  leave(id: string): true {
    this.entries.delete(id);
    return true;
  }
}
