import { createHash } from 'node:crypto';
import { type Marker, writeMarker } from './marker.js';
import type { Mark, WatchedTable, WatchPlan } from './watched-tables.js';

/** A trigger, with the statements that create and drop it. */
export interface Trigger {
  readonly name: string;
  readonly table: readonly string[];
  /** The event that fires it, for messages. */
  readonly event: string;
  readonly marker: Marker;
  /** Why it would not see every change of its table, with the fix; `undefined`: it sees every change. */
  readonly refused?: string;
  readonly create: readonly string[];
  /** These statements do nothing when the trigger does not exist. */
  readonly drop: readonly string[];
}

/** The parts of a trigger, the same for every dialect. */
export interface TriggerCode {
  readonly table: readonly string[];
  /** Short, for its name: letters and underscores. */
  readonly event: string;
  readonly marker: Marker;
  /** As in CREATE TRIGGER: the time and the event. */
  readonly when: string;
  /** For which rows it runs; left out: for all. */
  readonly condition?: string | undefined;
  /** The body, in the dialect's own language. */
  readonly code: string;
}

/** How the dialect creates and drops a trigger of this name. The marker is already a text. */
interface TriggerSql {
  create(name: string, marker: string): readonly string[];
  drop(name: string): readonly string[];
}

/**
 * Names a trigger after its table, its event and a hash of the plan and of its code: the same trigger has
 * the same name in every process and at any time. Two plans share no trigger, even if the code is the same:
 * one migration can then be undone without dropping the triggers of another.
 */
export function trigger(
  plan: WatchPlan,
  { table, event, marker }: Pick<TriggerCode, 'table' | 'event' | 'marker'>,
  { create, drop }: TriggerSql,
): Trigger {
  const text = writeMarker(marker);
  // The channel is not hashed with the plan: when it matters, it is part of the code.
  const hash = createHash('sha256')
    .update(JSON.stringify([{ ...plan, channel: undefined }, create('', text)]))
    .digest('hex')
    .slice(0, 12);
  // PostgreSQL silently cuts names at 63 bytes.
  const place = (table.at(-1) ?? '').replaceAll(/\W/g, '').slice(0, 24);
  const name = `auth_${place}_${event.slice(0, 16)}_${hash}`;
  return {
    name,
    table,
    event: event.replaceAll('_', ' '),
    marker,
    create: create(name, text),
    drop: drop(name),
  };
}

/** The rows that a trigger can read for each event. */
export const ROWS = {
  insert: ['NEW'],
  update: ['OLD', 'NEW'],
  delete: ['OLD'],
} as const satisfies Record<string, readonly string[]>;

export function counts({ insert }: WatchedTable, event: string): boolean {
  return event !== 'insert' || insert !== 'never';
}

/** The marker of a trigger that watches a table for its own changes. */
export function ownMarker({ realm }: WatchPlan, table: WatchedTable, event: string): Marker {
  // An insert, a deletion and a TRUNCATE do not depend on columns.
  const covers = event === 'update' || event.startsWith('replace') ? table.columns : [];
  return { realm, same: `${event} ${describeMark(table.mark)}`, covers };
}

/** A text that is the same for marks that mean the same. */
export function describeMark(mark: Mark): string {
  if (mark.kind === 'resync') return 'resync';
  if ('ref' in mark) return `${mark.kind} ${mark.ref}`;
  const { path, ref, on } = mark.holder;
  const links = on.map(({ column, referred }) => `${column}=${referred}`).sort();
  return `${mark.kind} of ${path.at(-1)}.${ref} by ${links.join(' ')}`;
}
