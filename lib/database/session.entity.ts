import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * One sign-in on one device, as TypeORM's schema builder sees it. The library reads and writes it in
 * SQL of its own; an application may read it, and end a session by setting `ended_at`, or by deleting the row:
 * with the triggers of `createAuthMigration({ watch })`, its access tokens end too.
 *
 * Times are milliseconds since the epoch, by the database's clock.
 */
@Entity('auth_session')
@Index('auth_session_user', ['realm', 'userId'])
@Index('auth_session_idle_expires_at', ['realm', 'idleExpiresAt'])
@Index('auth_session_retry_until', ['realm', 'retryUntil'])
export class AuthSessionRow {
  /** The `sid` of its access tokens: a UUID. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  declare id: string;

  /** The realm of the AuthModule. */
  @Column({ type: 'varchar', length: 64 })
  declare realm: string;

  /** The primary key of the user, as text. */
  @Column({ name: 'user_id', type: 'varchar', length: 255 })
  declare userId: string;

  /** The `sub` of the sign-in. */
  @Column({ type: 'varchar', length: 255 })
  declare subject: string;

  /** What the sign-in was stamped with, as JSON: a refresh is decided on it. */
  @Column({ type: 'text' })
  declare stamps: string;

  @Column({ name: 'created_at', type: 'bigint' })
  declare createdAt: string | number;

  @Column({ name: 'last_seen_at', type: 'bigint' })
  declare lastSeenAt: string | number;

  /** Not used until then, it has ended; never later than `expires_at`. An end brings it forward to now. */
  @Column({ name: 'idle_expires_at', type: 'bigint' })
  declare idleExpiresAt: string | number;

  /** The absolute end. Nothing moves it. */
  @Column({ name: 'expires_at', type: 'bigint' })
  declare expiresAt: string | number;

  @Column({ type: 'varchar', length: 255, nullable: true })
  declare ip: string | null;

  @Column({ name: 'user_agent', type: 'varchar', length: 255, nullable: true })
  declare userAgent: string | null;

  /** What the user calls the device. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  declare device: string | null;

  @Column({ name: 'ended_at', type: 'bigint', nullable: true })
  declare endedAt: string | number | null;

  @Column({ name: 'ended_reason', type: 'varchar', length: 255, nullable: true })
  declare endedReason: string | null;

  @Column({ name: 'ended_by', type: 'varchar', length: 255, nullable: true })
  declare endedBy: string | null;

  /** SHA-256 of the refresh token that counts. */
  @Column({ name: 'token_hash', type: 'varchar', length: 64 })
  declare tokenHash: string;

  /** The same of the one before it. */
  @Column({ name: 'previous_hash', type: 'varchar', length: 64, nullable: true })
  declare previousHash: string | null;

  /** The refresh token that counts, sealed under a key that only the one before it yields. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  declare successor: string | null;

  @Column({ name: 'rotated_at', type: 'bigint', nullable: true })
  declare rotatedAt: string | number | null;

  /** How long the one before it is answered with its successor; null once nothing is sealed. */
  @Column({ name: 'retry_until', type: 'bigint', nullable: true })
  declare retryUntil: string | number | null;
}
