import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { AuthSessionRow } from './session.entity.js';

/**
 * A row of the revocation log, as TypeORM's schema builder sees it. Append-only: what was taken away,
 * from whom, by whom, why. The library reads and writes it in SQL of its own.
 *
 * Times are milliseconds since the epoch, so that no time zone can move them.
 */
@Entity('auth_revocation')
@Index('auth_revocation_ref', ['realm', 'ref'])
@Index('auth_revocation_seq', ['realm', 'seq'])
@Index('auth_revocation_expires_at', ['realm', 'expiresAt'])
export class AuthRevocationRow {
  /**
   * A UUID that the writer makes (the library: `randomUUID()`). Not a counter: one would be given out
   * again after a restored backup or a TRUNCATE, 32 bits run out, and TypeORM has no 64-bit one that
   * SQLite takes too.
   */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  declare id: string;

  /** The realm of the AuthModule. */
  @Column({ type: 'varchar', length: 64 })
  declare realm: string;

  /** `subject`, `session`, `token`, `key`, `all` or `resync`. */
  @Column({ type: 'varchar', length: 16 })
  declare kind: string;

  /**
   * The `sub`, `sid` or `jti`. Compared bytewise: the migration gives it a binary collation on MySQL
   * and MariaDB. `synchronize` cannot, and there whoever reads must compare once more.
   */
  @Column({ type: 'varchar', length: 255 })
  declare ref: string;

  /** The refusal code that the row enforces; null: it only tells of a change made elsewhere. */
  @Column({ type: 'varchar', length: 32, nullable: true })
  declare code: string | null;

  /** Denied are tokens issued before this instant; null: all of them. */
  @Column({ name: 'issued_before', type: 'bigint', nullable: true })
  declare issuedBefore: string | number | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  declare reason: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  declare actor: string | null;

  @Column({ name: 'created_at', type: 'bigint' })
  declare createdAt: string | number;

  /** When no token that it denies can be alive any more; null: it is kept for ever. */
  @Column({ name: 'expires_at', type: 'bigint', nullable: true })
  declare expiresAt: string | number | null;

  /** Its place in the order of visibility; null until somebody who saw it has numbered it. */
  @Column({ type: 'bigint', nullable: true })
  declare seq: string | number | null;

  /** When it was given that place. */
  @Column({ name: 'sequenced_at', type: 'bigint', nullable: true })
  declare sequencedAt: string | number | null;
}

/** Stands for the generation and the key that the first process to start makes up. */
export const UNSET = '';

/** What holds for every token of one deployment and realm: a row per realm. */
@Entity('auth_state')
export class AuthStateRow {
  /** The realm of the AuthModule. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  declare realm: string;

  /** Stamped on tokens and compared for equality: a new one ends everything issued until now. */
  @Column({ type: 'varchar', length: 64 })
  declare generation: string;

  /** Tokens issued before this instant are dead. */
  @Column({ name: 'issued_before', type: 'bigint', default: 0 })
  declare issuedBefore: string | number;

  /** Random key for the digests in stamps. */
  @Column({ name: 'stamp_key', type: 'varchar', length: 64 })
  declare stampKey: string;

  /** The ids of withdrawn keys, as a JSON list; null: none was. */
  @Column({ name: 'withdrawn_keys', type: 'text', nullable: true })
  declare withdrawnKeys: string | null;

  /** The longest life of a token that any configuration of this deployment ever gave, in milliseconds. */
  @Column({ name: 'max_token_life', type: 'bigint', default: 0 })
  declare maxTokenLife: string | number;

  /** Since when triggers tell of every change; null: they do not. */
  @Column({ name: 'watching_since', type: 'bigint', nullable: true })
  declare watchingSince: string | number | null;
}

/**
 * How far the revocation log of a realm has been numbered and deleted; locked by whoever does either.
 *
 * A table of its own, because everybody who appends to the log reads `auth_state` in the statement
 * that does it. On MySQL and MariaDB that holds a lock on the row read until the transaction ends
 * (REPEATABLE READ, the default): under steady writing nobody would ever get the lock to number.
 */
@Entity('auth_log_head')
export class AuthLogHeadRow {
  /** The realm of the AuthModule. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  declare realm: string;

  /** The highest number given so far. */
  @Column({ type: 'bigint', default: 0 })
  declare head: string | number;

  /** Of the rows that were deleted, the instant at which the last was numbered. */
  @Column({ name: 'purged_through', type: 'bigint', default: 0 })
  declare purgedThrough: string | number;
}

/**
 * A process that follows the log, or one that asked how far the others have read it.
 *
 * Each writes its own row, and only when somebody asks; who does not answer in time is marked as left
 * by whoever waited, and from then on trusts its memory no longer until it has registered anew.
 */
@Entity('auth_process')
export class AuthProcessRow {
  /** Made anew by each process at its start. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  declare id: string;

  /** The realm of the AuthModule. */
  @Column({ type: 'varchar', length: 64 })
  declare realm: string;

  /** How long it trusts memory without a read, in milliseconds; 0: never. */
  @Column({ name: 'max_staleness', type: 'bigint' })
  declare maxStaleness: string | number;

  /** It knows what was committed before a question of this number was asked. */
  @Column({ name: 'complete_as_of', type: 'bigint', default: 0 })
  declare completeAsOf: string | number;

  /** The number of its last question, the instant where clocks only rise; null: it never asked. */
  @Column({ name: 'asked_at', type: 'bigint', nullable: true })
  declare askedAt: string | number | null;

  /** Since when it is not waited for; null: it is. */
  @Column({ name: 'left_at', type: 'bigint', nullable: true })
  declare leftAt: string | number | null;
}

/**
 * The library's tables as entities, for applications that let TypeORM make the schema
 * (`synchronize`), and so that `migration:generate` knows them. Others use `createAuthMigration`.
 */
export const AUTH_ENTITIES = [
  AuthRevocationRow,
  AuthStateRow,
  AuthLogHeadRow,
  AuthProcessRow,
  AuthSessionRow,
] as const;
