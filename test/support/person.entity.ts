import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  PrimaryGeneratedColumn,
} from 'typeorm';

/** A user entity with every column that a technique can watch. */
@Entity('person')
export class Person {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 64, unique: true })
  subject!: string;

  @Column({ type: 'varchar', length: 200 })
  email!: string;

  @Column({ name: 'password_hash', type: 'varchar', length: 200 })
  passwordHash!: string;

  @Column({ type: 'varchar', length: 20, default: 'active' })
  status!: string;

  @Column({ name: 'suspended_until', type: Date, precision: 3, nullable: true })
  suspendedUntil!: Date | null;

  @Column({ name: 'valid_until', type: Date, precision: 3, nullable: true })
  validUntil!: Date | null;

  @Column({ name: 'token_version', type: 'integer', default: 0 })
  tokenVersion!: number;

  @Column({ name: 'latest_sign_in', type: 'bigint', nullable: true })
  latestSignIn!: string | number | null;

  @Column({ type: 'simple-json' })
  roles!: string[];

  @Column({ type: 'simple-array', nullable: true })
  permissions!: string[] | null;

  @CreateDateColumn({ name: 'created_at' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: Date, precision: 3, nullable: true })
  updatedAt!: Date | null;

  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt!: Date | null;
}
