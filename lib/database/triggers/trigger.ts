import { createHash } from 'node:crypto';
import { type Marker, writeMarker } from './marker.js';
import type { Mark, WatchedTable, WatchPlan } from './watch-plan.js';

/** A trigger, with the statements that make it and take it away. */
export interface Trigger {
  readonly name: string;
  readonly table: readonly string[];
  /** What fires it, in words for messages. */
  readonly event: string;
  readonly marker: Marker;
  /** Why it would not see all that happens where it stands, with the fix; `undefined`: it does. */
  readonly refused?: string;
  readonly create: readonly string[];
  /** Do nothing where it is not there. */
  readonly drop: readonly string[];
}

export interface TriggerSpec {
  readonly plan: WatchPlan;
  readonly table: readonly string[];
  /** Short, for its name: letters and underscores. */
  readonly event: string;
  readonly marker: Marker;
  create(name: string, marker: string): readonly string[];
  drop(name: string): readonly string[];
}

/**
 * Names a trigger after its table, its event and a hash of the plan and of its code: what is the same
 * has the same name in every process and on every day. Two plans share no trigger, also where the code
 * is the same, so that one migration can be undone without taking away what another one made.
 */
export function trigger({ plan, table, event, marker, create, drop }: TriggerSpec): Trigger {
  const text = writeMarker(marker);
  // The channel is part of the code where it means something.
  const hash = createHash('sha256')
    .update(JSON.stringify([{ ...plan, channel: undefined }, create('', text)]))
    .digest('hex')
    .slice(0, 12);
  // PostgreSQL cuts names at 63 bytes, without a word.
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

/** The marker of a trigger that watches a table for changes of its own. */
export function ownMarker({ realm }: WatchPlan, table: WatchedTable, event: string): Marker {
  // What one inserts does not depend on columns; what one deletes or truncates neither.
  const covers = event === 'update' || event.startsWith('replace') ? table.columns : [];
  return { realm, same: `${event} ${describeMark(table.mark)}`, covers };
}

/** One text for one meaning. */
export function describeMark(mark: Mark): string {
  if (mark.kind === 'resync') return 'resync';
  if ('ref' in mark) return `${mark.kind} ${mark.ref}`;
  const { path, ref, on } = mark.holder;
  const links = on.map(({ column, referred }) => `${column}=${referred}`).sort();
  return `${mark.kind} of ${path.at(-1)}.${ref} by ${links.join(' ')}`;
}
