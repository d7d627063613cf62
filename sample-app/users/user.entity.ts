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

  /** Lower case, so that it is unique however it is typed. */
  @Column({ type: 'varchar', length: 254, unique: true })
  email!: string;

  @Column({ type: 'varchar', length: 100, nullable: true })
  name!: string | null;

  /** Argon2id, in PHC text. Loaded only where it is asked for. */
  @Column({ type: 'varchar', length: 255, select: false })
  passwordHash!: string;

  @Column({ type: 'simple-json' })
  roles!: Role[];

  @Column({ type: 'varchar', length: 32, default: 'active' })
  status!: Status;

  /** A suspension ends by itself once this has passed. */
  @Column({ type: Date, nullable: true })
  suspendedUntil!: Date | null;

  /** Raised to end every token that the account has. */
  @Column({ type: 'integer', default: 0 })
  tokenVersion!: number;

  /** What tokens call the account: random, so that it can be replaced while the id stays. */
  @Index({ unique: true })
  @Column({ type: 'varchar', length: 64 })
  subject!: string;

  @InstantColumn({ nullable: true })
  lastLoginAt!: Date | null;

  @InstantColumn()
  createdAt!: Date;
}
