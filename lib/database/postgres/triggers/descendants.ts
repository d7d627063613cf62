import { postgres } from '../dialect.js';
import type { Row } from '../../database.js';
import { literal } from '../../triggers/catalog.js';
import { dollarQuoted } from './function.js';
import type { Trigger } from '../../triggers/trigger.js';

/** What of a row of pg_class, as `c`, tells whether the table has partitions or children. */
export const DESCENDANTS = `c.relkind = 'p' AS partitioned,
       (SELECT min(i.inhrelid::regclass::text) FROM pg_inherits i WHERE i.inhparent = c.oid) AS child`;

/**
 * Why triggers on a table do not see all that is read from it; `undefined`: they do. TRUNCATE of a partition
 * fires none of them, a partition's copy of a row trigger is switched off by itself, and a change of a
 * child's row fires none of the parent, also where it is made through the parent.
 *
 * A table that is itself a partition or a child has no such problem: its triggers see what is written to it
 * through its parent, a TRUNCATE as well.
 */
export function descendantProblem(table: readonly string[], row: Row): string | undefined {
  const name = `"${table.join('.')}"`;
  if (row['partitioned'] === true) {
    return `${name} is partitioned, and what is done to a partition by its own name need not fire a trigger; make it a table without partitions, or set freshness.mode to strict, which needs none.`;
  }
  if (row['child'] === null) return undefined;
  const child = String(row['child']);
  return (
    `${name} has the child ${child}, whose rows change without its triggers;` +
    ` take it away (ALTER TABLE ${child} NO INHERIT ${postgres.quote(...table)}), or set freshness.mode to strict, which needs none.`
  );
}

/** A trigger that is not made without saying so. Taken away, it can be as any other. */
export function refusing(trigger: Trigger, refused: string): Trigger {
  const say = `DO ${dollarQuoted(`BEGIN RAISE EXCEPTION USING MESSAGE = ${literal(refused)}; END`)}`;
  return { ...trigger, refused, create: [say, ...trigger.create] };
}
