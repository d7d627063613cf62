import {
  Column,
  type DataSource,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import type { WatchedOptions } from '../../../../lib/options/watched.js';
import { AUTH_ENTITIES } from '../../../../lib/database/tables.js';
import { createAuthMigration } from '../../../../lib/migration/migration.js';

@Entity('country')
export class Country {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 50 })
  name!: string;
}

@Entity('company')
export class Company {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @ManyToOne(() => Country, { onDelete: 'CASCADE', nullable: true })
  country!: Relation<Country> | null;
}

@Entity('role')
export class Role {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 50 })
  name!: string;

  @Column({ type: 'varchar', length: 50, default: '' })
  colour!: string;
}

@Entity('account')
export class Account {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 64, unique: true })
  subject!: string;

  @Column({ type: 'varchar', length: 100, unique: true })
  email!: string;

  @Column({ name: 'password_hash', type: 'varchar', length: 100, default: 'x' })
  passwordHash!: string;

  @Column({ type: 'varchar', length: 20, default: 'active' })
  status!: string;

  @Column({ type: 'varchar', length: 100, nullable: true })
  nickname!: string | null;

  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt!: Date | null;

  @ManyToOne(() => Company, { onDelete: 'CASCADE', nullable: true })
  company!: Relation<Company> | null;

  @ManyToMany(() => Role)
  @JoinTable({ name: 'account_roles' })
  roles!: Role[];
}

export const ENTITIES = [Country, Company, Role, Account, ...AUTH_ENTITIES];

export const OPTIONS: WatchedOptions = {
  user: {
    entity: Account,
    subject: 'subject',
    status: 'status',
    createdAt: false,
    roles: { relation: 'roles' },
  },
  jwt: { deriveKeyFrom: ['passwordHash'] },
};

export class Watch1764000000000 extends createAuthMigration({
  tables: false,
  watch: { options: OPTIONS },
}) {}

/** A row as the three drivers give it. */
export type Row = Readonly<Record<string, unknown>>;

/** What was written to the log, as "kind ref", sorted; emptied by reading. */
export async function told(dataSource: DataSource): Promise<string[]> {
  const rows: Row[] = await dataSource.query('SELECT kind, ref FROM auth_revocation');
  await dataSource.query('DELETE FROM auth_revocation');
  return rows.map(({ kind, ref }) => `${String(kind)} ${String(ref)}`).sort();
}

/** alice and bob, both editors at ACME in Norway; carol, who has no part in anything. */
export async function populate(dataSource: DataSource): Promise<void> {
  const { manager } = dataSource;
  await manager.save(manager.create(Country, { id: 1, name: 'Norway' }));
  await manager.save(manager.create(Company, { id: 1, country: { id: 1 } }));
  const roles = await manager.save([
    manager.create(Role, { id: 1, name: 'editor' }),
    manager.create(Role, { id: 2, name: 'admin' }),
  ]);
  for (const [index, name] of ['alice', 'bob', 'carol'].entries()) {
    const isEditor = name !== 'carol';
    // oxlint-disable-next-line no-await-in-loop
    await manager.save(
      manager.create(Account, {
        id: index + 1,
        subject: `s-${name}`,
        email: `${name}@example.org`,
        company: isEditor ? { id: 1 } : null,
        roles: isEditor ? roles.slice(0, 1) : [],
      }),
    );
  }
}
