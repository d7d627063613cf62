import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { InstantColumn } from '../database/instant.column.js';

/** What else there is to say of an event; never a secret. */
export type AuditDetail = Record<string, string | string[] | null | undefined>;

/** One line of the audit trail. It refers to accounts by id, not by key, since it outlives them. */
@Entity('audit_events')
export class AuditEvent {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @InstantColumn()
  at!: Date;

  @Column({ type: 'varchar', length: 40 })
  type!: string;

  /** Whom it is about. */
  @Index('audit_events_user')
  @Column({ type: 'varchar', length: 64, nullable: true })
  userId!: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  sessionId!: string | null;

  /** Who did it. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  actorId!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  reason!: string | null;

  @Column({ type: 'simple-json', nullable: true })
  detail!: AuditDetail | null;
}
