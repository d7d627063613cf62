import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { InstantColumn } from '../database/instant.column.js';

/** Further details of an event; never a secret. */
export type AuditDetail = Record<string, string | string[] | null | undefined>;

/** One line of the audit trail. It has ids of accounts and no foreign keys, because it outlives the accounts. */
@Entity('audit_events')
export class AuditEvent {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @InstantColumn()
  at!: Date;

  @Column({ type: 'varchar', length: 40 })
  type!: string;

  /** The account that the event is about. */
  @Index('audit_events_user')
  @Column({ type: 'varchar', length: 64, nullable: true })
  userId!: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  sessionId!: string | null;

  /** The account that caused the event. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  actorId!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  reason!: string | null;

  @Column({ type: 'simple-json', nullable: true })
  detail!: AuditDetail | null;
}
