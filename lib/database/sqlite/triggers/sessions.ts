import { sqlite } from '../dialect.js';
import { append, dropOf, name } from './statements.js';
import {
  endSessionsOf,
  endsSession,
  isDenied,
  sessionMarker,
  userMarker,
} from '../../triggers/session-ends.js';
import { type Trigger, trigger } from '../../triggers/trigger.js';
import type { WatchPlan } from '../../triggers/watch-plan.js';

const { now } = sqlite;

/** The triggers of SQLite that log the end of a session, also when the application writes it. */
export function sqliteSessionTriggers(plan: WatchPlan): readonly Trigger[] {
  const { sessions } = plan;
  if (sessions === undefined) return [];
  const { path, users, userId } = sessions;
  const undenied = ` AND NOT EXISTS (${isDenied(plan, name(plan.log), 'r.ref')})`;
  const denial = (refs: string) => append(plan, 'session', refs, undenied, 'session_ended');
  const onRows = (['update', 'delete'] as const).map((event) =>
    trigger({
      plan,
      table: path,
      event: `end_${event}`,
      marker: sessionMarker(plan, event),
      create: (called, marker) => [
        `CREATE TRIGGER ${sqlite.quote(called)} AFTER ${event.toUpperCase()} ON ${name(path)} WHEN ${endsSession(plan, event, now)}` +
          ` BEGIN /* ${marker} */ ${denial('SELECT OLD.id AS ref')}; END`,
      ],
      drop: dropOf,
    }),
  );
  // REPLACE fires no delete trigger for the row that it replaces.
  const replaced = `SELECT o.id AS ref FROM ${name(path)} o WHERE o.id = NEW.id AND ${endsSession(plan, 'update', now, 'o')}`;
  const onReplace = trigger({
    plan,
    table: path,
    event: 'end_replace',
    marker: sessionMarker(plan, 'replace'),
    create: (called, marker) => [
      `CREATE TRIGGER ${sqlite.quote(called)} BEFORE INSERT ON ${name(path)} BEGIN /* ${marker} */ ${denial(replaced)}; END`,
    ],
    drop: dropOf,
  });
  const id = `CAST(${sqlite.quote('OLD', userId)} AS TEXT)`;
  const onUsers = trigger({
    plan,
    table: users,
    event: 'end_sessions',
    marker: userMarker(plan, sessions),
    create: (called, marker) => [
      `CREATE TRIGGER ${sqlite.quote(called)} AFTER DELETE ON ${name(users)}` +
        ` BEGIN /* ${marker} */ ${endSessionsOf(plan, name(path), id, now)}; END`,
    ],
    drop: dropOf,
  });
  return [...onRows, onReplace, onUsers];
}
