import { postgres } from '../dialect.js';
import type { Row } from '../../database.js';
import { literal } from '../../triggers/catalog.js';
import { dollarQuoted } from './function.js';
import type { Trigger } from '../../triggers/trigger.js';

/** Of a row of pg_class, as `c`: whether the table has partitions or children. */
export const DESCENDANTS = `c.relkind = 'p' AS partitioned,
       (SELECT min(i.inhrelid::regclass::text) FROM pg_inherits i WHERE i.inhparent = c.oid) AS child`;

/**
 * Why triggers on a table do not see every change of the rows that are read from it; `undefined`: they do. TRUNCATE of a
 * partition fires none of them, a partition's copy of a row trigger can be switched off separately, and a change
 * of a child's row fires no trigger of the parent, even when it is made through the parent.
 *
 * A table that is itself a partition or a child has no such problem: its triggers see changes that are made
 * through its parent, and TRUNCATE too.
 */
export function descendantProblem(table: readonly string[], row: Row): string | undefined {
  const name = `"${table.join('.')}"`;
  if (row['partitioned'] === true) {
    return `${name} is partitioned, and a change of a partition by its own name may fire no trigger. Make it a table without partitions, or set freshness.mode to strict, which needs no triggers.`;
  }
  if (row['child'] === null) return undefined;
  const child = String(row['child']);
  return (
    `${name} has the child ${child}, whose rows change without its triggers.` +
    ` Remove the child (ALTER TABLE ${child} NO INHERIT ${postgres.quote(...table)}), or set freshness.mode to strict, which needs no triggers.`
  );
}

/** A trigger whose creation fails with the reason. It can be dropped as any other. */
export function refusing(trigger: Trigger, refused: string): Trigger {
  const say = `DO ${dollarQuoted(`BEGIN RAISE EXCEPTION USING MESSAGE = ${literal(refused)}; END`)}`;
  return { ...trigger, refused, create: [say, ...trigger.create] };
}
