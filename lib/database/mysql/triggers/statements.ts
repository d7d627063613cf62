import { mysql } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import type { WatchPlan } from '../../triggers/watch-plan.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

/** Variables hide columns of the same name, so these are names that no application uses. */
export const LIFE = 'auth_v_life';
export const REF = 'auth_v_ref';
export const OTHER = 'auth_v_other';
export const KNOWN = 'auth_v_known';
export const COLUMNS = 'id, realm, kind, ref, created_at, expires_at';
const TEXT = 'VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** The statement that makes a trigger of a table; the first word of `nameAndTime` is its name. */
export function createOn(
  table: readonly string[],
  nameAndTime: string,
  marker: string,
  statements: string,
): readonly string[] {
  const [name = '', ...time] = nameAndTime.split(' ');
  // The marker is a declaration, because clients remove comments when they restore a dump.
  return [
    `CREATE TRIGGER ${mysql.quote(...table.slice(0, -1), name)} ${time.join(' ')} ON ${mysql.quote(...table)} FOR EACH ROW BEGIN` +
      ` DECLARE auth_v_watched TEXT DEFAULT '${marker}';` +
      ` DECLARE ${LIFE}, ${KNOWN} BIGINT; DECLARE ${REF}, ${OTHER} ${TEXT}; ${statements} END`,
  ];
}

export const dropOn = (table: readonly string[]) => (name: string) => [
  `DROP TRIGGER IF EXISTS ${mysql.quote(...table.slice(0, -1), name)}`,
];

/**
 * By SELECT … INTO, which is a consistent read. As part of the INSERT, or of a SET, it would lock the
 * row until the transaction ends (REPEATABLE READ), and delay a revocation of everything.
 */
export function readLife({ state, realm }: WatchPlan): string {
  return `SELECT MAX(s.max_token_life) INTO ${LIFE} FROM ${mysql.quote(...state)} s WHERE s.realm = ${literal(realm)}`;
}

/** The values of {@link COLUMNS}. */
export function values({ realm }: WatchPlan, kind: string, ref: string): string {
  return `UUID(), ${literal(realm)}, ${literal(kind)}, ${ref}, ${mysql.now}, ${mysql.now} + COALESCE(${LIFE}, 0) + ${GRACE_MS}`;
}
