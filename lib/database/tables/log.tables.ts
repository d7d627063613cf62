import { AuthTable, byDefault, integer, longText, nullable, primary, text } from './table.js';

/** The realm of the AuthModule. */
const realm = text(64);

/** The revocation log. Append-only: what was revoked, for whom, by whom and why. */
export const REVOCATION = new AuthTable(
  'auth_revocation',
  {
    /**
     * A UUID that the writer makes. A counter would repeat its numbers after a restored backup or a TRUNCATE,
     * 32 bits run out, and TypeORM has no 64-bit counter that SQLite takes too.
     */
    id: primary(text(36)),
    realm,
    /** `subject`, `session`, `token`, `key`, `all` or `resync`. */
    kind: text(16),
    /**
     * The `sub`, `sid`, `jti` or `kid`. Compared bytewise: the migration gives it a binary collation on MySQL
     * and MariaDB. `synchronize` cannot do that, so readers must compare again.
     */
    ref: text(255),
    /** The refusal code that the row enforces; null: it only reports a change in another table. */
    code: nullable(text(32)),
    /** Denies tokens issued before this instant; null: all of them. */
    issuedBefore: nullable(integer),
    reason: nullable(text(255)),
    actor: nullable(text(255)),
    createdAt: integer,
    /** When every token that it denies has expired; null: it is kept for ever. */
    expiresAt: nullable(integer),
    /** Its number in the order in which rows became visible; null until a process that saw it numbers it. */
    seq: nullable(integer),
    /** When it got that number. */
    sequencedAt: nullable(integer),
  },
  {
    auth_revocation_ref: ['realm', 'ref'],
    auth_revocation_seq: ['realm', 'seq'],
    auth_revocation_expires_at: ['realm', 'expiresAt'],
  },
);

/** The generation and the stamp key until the first process that starts makes them. */
export const UNSET = '';

/** The state that every token of one deployment and realm shares: a row per realm. */
export const STATE = new AuthTable('auth_state', {
  realm: primary(realm),
  /** Stamped on tokens and compared for equality: a new one ends everything issued until now. */
  generation: text(64),
  /** Tokens issued before this instant are refused. */
  issuedBefore: byDefault(integer, 0),
  /** Random key for the digests in stamps. */
  stampKey: text(64),
  /** The ids of withdrawn keys, as a JSON list; null: none was. */
  withdrawnKeys: nullable(longText),
  /** The longest token life that any configuration of this deployment ever had, in milliseconds. */
  maxTokenLife: byDefault(integer, 0),
  /** Since when triggers report every change; null: they do not. */
  watchingSince: nullable(integer),
});

/**
 * How far the revocation log of a realm has been numbered and purged. A process locks the row to do either.
 *
 * It is not part of `auth_state`, because every append to the log reads `auth_state` in the same statement. On
 * MySQL and MariaDB that locks the row until the transaction ends (REPEATABLE READ, the default). Under steady
 * writing no process would ever get the lock that numbering needs.
 */
export const LOG_HEAD = new AuthTable('auth_log_head', {
  realm: primary(realm),
  /** The highest number given so far. */
  head: byDefault(integer, 0),
  /** When the last of the purged rows was numbered. */
  purgedThrough: byDefault(integer, 0),
});

/**
 * A process that follows the log, or one that asked how far the others have read it.
 *
 * Each process writes its own row, and only when it is asked. A process that does not answer in time is marked
 * as left by the process that waited. It then does not trust its memory until it has registered again.
 */
export const PROCESS = new AuthTable('auth_process', {
  /** A new one for each start of a process. */
  id: primary(text(36)),
  realm,
  /** How long the process trusts memory without a read, in milliseconds; 0: never. */
  maxStaleness: integer,
  /** The process knows everything that was committed before the question with this number was asked. */
  completeAsOf: byDefault(integer, 0),
  /** The number of its last question: the instant, on a clock that only rises; null: it never asked. */
  askedAt: nullable(integer),
  /** Since when the others no longer wait for it; null: they wait for it. */
  leftAt: nullable(integer),
});
