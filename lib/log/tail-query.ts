import { AuthDatabaseError } from '../errors/database.errors.js';
import { exactInteger, type Row, type Statement } from '../database/database.js';
import { LOG_HEAD, REVOCATION, STATE } from '../database/tables/log.tables.js';
import { deploymentOf } from './deployment-row.js';
import { denialCodeOf, LOG_KINDS, type LogPage, type LogRow } from './log-page.js';
import type { LogTable } from './log-table.js';

const ROW = REVOCATION.pick('id', 'seq', 'kind', 'ref', 'code', 'sequencedAt');
const HEAD = LOG_HEAD.pick('head', 'purgedThrough');
const WATCH = STATE.pick('watchingSince', 'maxTokenLife');

/**
 * The one statement of a read of the log: the rows that became visible after the reader's position, and the
 * deployment's row, as of one instant.
 *
 * It has three parts in a UNION ALL. The first gives the deployment's row, with the row at the head. The
 * second gives the rows from the reader's position on, by number. The third gives the rows without a
 * number, in any order. It must be an autocommit statement: in a transaction at REPEATABLE READ it would
 * see the snapshot of the first statement each time.
 */
export class TailQuery {
  private readonly sql: string;

  /**
   * @param process the id of this process among those that follow the log
   * @param pageSize the most rows of a page that have a number, and the most that have none
   */
  constructor(
    private readonly log: LogTable,
    private readonly process: string,
    private readonly pageSize: number = log.dialect.logPageSize,
  ) {
    const { dialect, tables } = log;
    const at = (index: number) => dialect.placeholder(index);
    const padding = ', NULL'.repeat(14);
    // One row more than the page, to see whether there are more. And one for the row at the position.
    this.sql =
      `SELECT 'state' AS part, h.id AS id, h.seq AS seq, NULL AS kind, NULL AS ref, NULL AS code, NULL AS sequenced_at, s.issued_before AS issued_before,` +
      ` n.head AS head, n.purged_through AS purged_through, s.watching_since AS watching_since, s.max_token_life AS max_token_life,` +
      ` s.generation AS generation, s.stamp_key AS stamp_key, s.withdrawn_keys AS withdrawn_keys, ${dialect.clock} AS db_now, ${dialect.isReplica} AS replica,` +
      ` ${dialect.now} AS started_at, ${dialect.autocommit} AS autocommit,` +
      ` (SELECT COUNT(*) FROM ${tables.process} p WHERE p.id = ${at(1)} AND p.left_at IS NULL) AS registered,` +
      ` (SELECT MAX(a.asked_at) FROM ${tables.process} a WHERE a.realm = s.realm) AS asked_at` +
      ` FROM ${tables.state} s JOIN ${tables.logHead} n ON n.realm = s.realm` +
      ` LEFT JOIN ${tables.revocation} h ON h.realm = n.realm AND h.seq = n.head WHERE s.realm = ${at(2)}` +
      ` UNION ALL SELECT 'numbered', ${ROW.list}${padding} FROM (SELECT ${ROW.list} FROM ${tables.revocation}` +
      ` WHERE realm = ${at(3)} AND seq >= ${at(4)} ORDER BY seq ${dialect.limit(pageSize + 2)}) a` +
      ` UNION ALL SELECT 'unnumbered', ${ROW.list}${padding} FROM (SELECT ${ROW.list} FROM ${tables.revocation}` +
      ` WHERE realm = ${at(5)} AND seq IS NULL ${dialect.byIndexOf('seq')} ${dialect.limit(pageSize + 1)}) b`;
  }

  /** The statement that reads from a position: the number of the last row that was read, or 0. */
  statement(position: number): Statement {
    const { realm } = this.log;
    return { sql: this.sql, params: [this.process, realm, realm, position, realm] };
  }

  /** Reads the rows. Throws when the deployment's row is missing. */
  page(rows: readonly Row[], position: number): LogPage {
    const own = rows.find(({ part }) => part === 'state');
    if (own === undefined) {
      throw new AuthDatabaseError(
        'state_missing',
        'The tables auth_state and auth_log_head have no row for this realm. Run the migration of createAuthMigration().',
      );
    }
    // Without autocommit, a pooled session sees its first snapshot for ever; see StateQuery.
    if (exactInteger(own['autocommit']) !== 1) {
      throw new AuthDatabaseError(
        'autocommit_off',
        'The session has autocommit off and may see an old log. Turn it on.',
      );
    }
    const since = rows.flatMap(numberedRow).sort((a, b) => a.seq - b.seq);
    const at = since.find(({ seq }) => seq === position);
    const numbered = since.filter(({ seq }) => seq > position);
    const unnumbered = rows.filter(({ part }) => part === 'unnumbered').map(logRow);
    const { pageSize } = this;
    return {
      now: exactInteger(own['db_now']),
      startedAt: exactInteger(own['started_at']),
      ...HEAD.read(own),
      headRow:
        own['seq'] === null ? null : { id: String(own['id']), seq: exactInteger(own['seq']) },
      ...WATCH.read(own),
      deployment: deploymentOf(own),
      isReplica: exactInteger(own['replica']) !== 0,
      isRegistered: exactInteger(own['registered']) === 1,
      askedAt: own['asked_at'] === null ? null : exactInteger(own['asked_at']),
      anchor: at === undefined ? null : { seq: at.seq, id: at.id },
      numbered: numbered.slice(0, pageSize),
      unnumbered: unnumbered.slice(0, pageSize),
      isFlooded: unnumbered.length > pageSize,
      full: numbered.length > pageSize || unnumbered.length > pageSize,
    };
  }
}

function numberedRow(row: Row): (LogRow & { readonly seq: number })[] {
  return row['part'] === 'numbered' ? [{ ...logRow(row), seq: exactInteger(row['seq']) }] : [];
}

function logRow(row: Row): LogRow {
  const { kind, code, sequencedAt, ...stored } = ROW.read(row);
  const known = LOG_KINDS.find((one) => one === kind);
  return {
    ...stored,
    // A newer process of the deployment may write a kind that this version does not know. It may concern any
    // token, so it counts as `resync`: the state is read for every token issued until now.
    kind: known ?? 'resync',
    code: code === null ? null : denialCodeOf(code),
    seenAt: known === undefined || stored.seq === null ? null : sequencedAt,
  };
}
