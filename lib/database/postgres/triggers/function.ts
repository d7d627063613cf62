import { postgres } from '../dialect.js';
import { type Trigger, trigger, type TriggerCode } from '../../triggers/trigger.js';
import type { WatchPlan } from '../../triggers/watched-tables.js';

/** Finds the schema of a table that was named without one. */
export type Qualify = (path: readonly string[]) => readonly string[];

/**
 * A trigger with its own function. It is SECURITY DEFINER, so a role that may change a user does not need the
 * right to write the log. The fixed `search_path` has pg_temp last, and every name is qualified: otherwise a
 * temporary table with the name auth_revocation would receive the row.
 */
export function functionTrigger(
  plan: WatchPlan,
  qualify: Qualify,
  { when, condition, code, ...spec }: TriggerCode,
): Trigger {
  const on = postgres.quote(...spec.table);
  const schema = qualify(plan.log).slice(0, -1);
  const level = when.endsWith('TRUNCATE') ? 'STATEMENT' : 'ROW';
  const each = `FOR EACH ${level}${condition === undefined ? '' : ` WHEN (${condition})`}`;
  return trigger(plan, spec, {
    create(name, text) {
      const called = `${postgres.quote(...schema, name)}()`;
      return [
        `CREATE OR REPLACE FUNCTION ${called} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER` +
          ` SET search_path = pg_catalog, pg_temp AS ${dollarQuoted(`\n-- ${text}\n${code}\n`)}`,
        `CREATE TRIGGER ${postgres.quote(name)} ${when} ON ${on} ${each} EXECUTE FUNCTION ${called}`,
        // Also for changes that replication applies, and for a restore that sets session_replication_role.
        `ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${postgres.quote(name)}`,
      ];
    },
    drop: (name) => [
      `DROP TRIGGER IF EXISTS ${postgres.quote(name)} ON ${on}`,
      `DROP FUNCTION IF EXISTS ${postgres.quote(...schema, name)}()`,
    ],
  });
}

/** A text as a dollar-quoted literal. */
export function dollarQuoted(text: string): string {
  let tag = '$auth$';
  for (let n = 1; text.includes(tag); n += 1) tag = `$auth${n}$`;
  return `${tag}${text}${tag}`;
}
