import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { InstantColumn } from '../database/instant.column.js';

export const ROLES = ['user', 'editor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const STATUSES = ['active', 'suspended', 'disabled'] as const;
export type Status = (typeof STATUSES)[number];

/** An account. */
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  /** In lower case, so that it is unique in any spelling. */
  @Column({ type: 'varchar', length: 254, unique: true })
  email!: string;

  @Column({ type: 'varchar', length: 100, nullable: true })
  name!: string | null;

  /** Argon2id, as PHC text. Loaded only on request. */
  @Column({ type: 'varchar', length: 255, select: false })
  passwordHash!: string;

  @Column({ type: 'simple-json' })
  roles!: Role[];

  @Column({ type: 'varchar', length: 32, default: 'active' })
  status!: Status;

  /** The time at which a suspension ends by itself. */
  @Column({ type: Date, nullable: true })
  suspendedUntil!: Date | null;

  /** Increased to end every token of the account. */
  @Column({ type: 'integer', default: 0 })
  tokenVersion!: number;

  /** Identifies the account in tokens. It is random, and can be replaced while the id stays. */
  @Index({ unique: true })
  @Column({ type: 'varchar', length: 64 })
  subject!: string;

  @InstantColumn({ nullable: true })
  lastLoginAt!: Date | null;

  @InstantColumn()
  createdAt!: Date;
}
