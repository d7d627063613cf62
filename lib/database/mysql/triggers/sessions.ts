import { mysql } from '../dialect.js';
import {
  endSessionsOf,
  endsSession,
  isDenied,
  sessionMarker,
  userMarker,
} from '../../triggers/session-ends.js';
import { createOn, dropOn, KNOWN, readLife, values } from './statements.js';
import { type Trigger, trigger } from '../../triggers/trigger.js';
import type { WatchPlan } from '../../triggers/watch-plan.js';

/**
 * The triggers of MySQL and MariaDB that log the end of a session, also when the application writes it. When
 * a foreign key of another table deletes a user, no trigger sees it, and no session ends. Its sessions are
 * refused because the account is missing.
 */
export function mysqlSessionTriggers(plan: WatchPlan): readonly Trigger[] {
  const { sessions, log } = plan;
  if (sessions === undefined) return [];
  const { path, users, userId } = sessions;
  // A trigger reads by SELECT … INTO only: a read inside the INSERT would lock the rows.
  const append =
    `SELECT COUNT(*) INTO ${KNOWN} FROM (${isDenied(plan, mysql.quote(...log), 'OLD.id')}) d;` +
    ` IF ${KNOWN} = 0 THEN ${readLife(plan)}; INSERT INTO ${mysql.quote(...log)} (id, realm, kind, ref, created_at, expires_at, code)` +
    ` VALUES (${values(plan, 'session', 'OLD.id')}, 'session_ended'); END IF;`;
  const onRows = (['update', 'delete'] as const).map((event) =>
    trigger({
      plan,
      table: path,
      event: `end_${event}`,
      marker: sessionMarker(plan, event),
      create: (name, marker) =>
        createOn(
          path,
          `${name} AFTER ${event.toUpperCase()}`,
          marker,
          `IF ${endsSession(plan, event, mysql.now)} THEN ${append} END IF;`,
        ),
      drop: dropOn(path),
    }),
  );
  const id = `CAST(${mysql.quote('OLD', userId)} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin`;
  const onUsers = trigger({
    plan,
    table: users,
    event: 'end_sessions',
    marker: userMarker(plan, sessions),
    create: (name, marker) =>
      createOn(
        users,
        `${name} AFTER DELETE`,
        marker,
        `${endSessionsOf(plan, mysql.quote(...path), id, mysql.now)};`,
      ),
    drop: dropOn(users),
  });
  return [...onRows, onUsers];
}
