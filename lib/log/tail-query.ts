import { DECISION_CODES, type DecisionCode } from '../decision/refusal.js';
import { exactInteger } from '../database/exact-integer.js';
import type { Row, Statement } from '../database/database.js';
import { deploymentOf } from './deployment-row.js';
import type { LogAnchor, LogPage, LogRow } from './log-page.js';
import type { LogTable } from './log-table.js';

const KINDS = ['subject', 'session', 'token', 'key', 'all', 'resync'] as const;

/**
 * The one statement behind a read of the log: what became visible after the reader's position, and
 * the deployment's own row, as of one instant.
 *
 * Three arms under a UNION ALL. The first gives the deployment's row, with the row at the head; the
 * second the rows from the reader's position on, by number; the third those without a number, in any
 * order. It must be an autocommit statement: in a transaction at REPEATABLE READ it would go on
 * seeing what its first statement saw.
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
    const row = ['id', 'seq', 'kind', 'ref', 'code', 'sequenced_at'];
    const padding = ', NULL'.repeat(14);
    // One row more than the page, which tells that there are more; and the row at the position.
    this.sql =
      `SELECT 'state' AS part, h.id AS id, h.seq AS seq, NULL AS kind, NULL AS ref, NULL AS code, NULL AS sequenced_at, s.issued_before AS issued_before,` +
      ` n.head AS head, n.purged_through AS purged_through, s.watching_since AS watching_since, s.max_token_life AS max_token_life,` +
      ` s.generation AS generation, s.stamp_key AS stamp_key, s.withdrawn_keys AS withdrawn_keys, ${dialect.clock} AS db_now, ${dialect.isReplica} AS replica,` +
      ` ${dialect.now} AS started_at, ${dialect.autocommit} AS autocommit,` +
      ` (SELECT COUNT(*) FROM ${tables.process} p WHERE p.id = ${at(1)} AND p.left_at IS NULL) AS registered,` +
      ` (SELECT MAX(a.asked_at) FROM ${tables.process} a WHERE a.realm = s.realm) AS asked_at` +
      ` FROM ${tables.state} s JOIN ${tables.logHead} n ON n.realm = s.realm` +
      ` LEFT JOIN ${tables.revocation} h ON h.realm = n.realm AND h.seq = n.head WHERE s.realm = ${at(2)}` +
      ` UNION ALL SELECT 'numbered', ${row.join(', ')}${padding} FROM (SELECT ${row.join(', ')} FROM ${tables.revocation}` +
      ` WHERE realm = ${at(3)} AND seq >= ${at(4)} ORDER BY seq ${dialect.limit(pageSize + 2)}) a` +
      ` UNION ALL SELECT 'unnumbered', ${row.join(', ')}${padding} FROM (SELECT ${row.join(', ')} FROM ${tables.revocation}` +
      ` WHERE realm = ${at(5)} AND seq IS NULL ${dialect.byIndexOf('seq')} ${dialect.limit(pageSize + 1)}) b`;
  }

  /** The statement that reads on from a position: the number of the last row read, or 0. */
  statement(position: number): Statement {
    const { realm } = this.log;
    return { sql: this.sql, params: [this.process, realm, realm, position, realm] };
  }

  /** What the rows say. Throws when the deployment's row is missing. */
  page(rows: readonly Row[], position: number): LogPage {
    const own = rows.find(({ part }) => part === 'state');
    if (own === undefined) {
      throw new Error('The tables auth_state and auth_log_head have no row for this realm.');
    }
    // As for the state of a decision: without it a pooled session goes on seeing its first snapshot.
    if (exactInteger(own['autocommit']) !== 1) {
      throw new Error('The session has autocommit off and may see an old log; turn it on.');
    }
    const since = rows.flatMap(numberedRow).sort((a, b) => a.seq - b.seq);
    const at = since.find(({ seq }) => seq === position);
    const numbered = since.filter(({ seq }) => seq > position);
    const unnumbered = rows.filter(({ part }) => part === 'unnumbered').map(logRow);
    const { pageSize } = this;
    return {
      now: exactInteger(own['db_now']),
      startedAt: exactInteger(own['started_at']),
      head: exactInteger(own['head']),
      headRow: markOf(own),
      purgedThrough: exactInteger(own['purged_through']),
      watchingSince: integerOrNull(own['watching_since']),
      maxTokenLife: exactInteger(own['max_token_life']),
      deployment: deploymentOf(own),
      isReplica: exactInteger(own['replica']) !== 0,
      isRegistered: exactInteger(own['registered']) === 1,
      askedAt: integerOrNull(own['asked_at']),
      anchor: at === undefined ? null : { seq: at.seq, id: at.id },
      numbered: numbered.slice(0, pageSize),
      unnumbered: unnumbered.slice(0, pageSize),
      isFlooded: unnumbered.length > pageSize,
      full: numbered.length > pageSize || unnumbered.length > pageSize,
    };
  }
}

function markOf({ id, seq }: Row): LogAnchor | null {
  return id === null || seq === null ? null : { id: String(id), seq: exactInteger(seq) };
}

function numberedRow(row: Row): (LogRow & { readonly seq: number })[] {
  return row['part'] === 'numbered' ? [{ ...logRow(row), seq: exactInteger(row['seq']) }] : [];
}

function logRow({ id, seq, kind, ref, code, sequenced_at: sequencedAt }: Row): LogRow {
  const known = KINDS.find((one) => one === kind);
  return {
    id: String(id),
    seq: integerOrNull(seq),
    // A kind that this version does not know was written by a newer process of the deployment. It may be
    // about any token, so whatever was issued until now is to be read.
    kind: known ?? 'resync',
    ref: String(ref),
    code: codeOf(code),
    seenAt: known === undefined || seq === null ? null : integerOrNull(sequencedAt),
  };
}

/** A code that this version does not know still denies. */
function codeOf(code: unknown): DecisionCode | null {
  if (code === null) return null;
  return DECISION_CODES.find((known) => known === code) ?? 'token_revoked';
}

function integerOrNull(value: unknown): number | null {
  return value === null ? null : exactInteger(value);
}
