import {
  type MigrationInterface,
  type QueryRunner,
  Table,
  type TableColumnOptions,
  TableIndex,
} from 'typeorm';

/** The application's own tables, as they were before tokens could be revoked. */
export class CreateApplication1764000000000 implements MigrationInterface {
  name = 'CreateApplication1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const { text, long, instant, id, counter } = columnsFor(runner);
    await runner.createTable(
      new Table({
        name: 'users',
        columns: [
          { ...id('id'), isPrimary: true },
          { ...text('email', 254), isUnique: true },
          { ...text('name', 100), isNullable: true },
          text('passwordHash', 255),
          long('roles'),
          { ...instant('lastLoginAt'), isNullable: true },
          instant('createdAt'),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'articles',
        columns: [
          { ...id('id'), isPrimary: true },
          text('title', 200),
          long('body'),
          { ...id('authorId'), isNullable: true },
          instant('createdAt'),
        ],
        foreignKeys: [
          {
            columnNames: ['authorId'],
            referencedTableName: 'users',
            referencedColumnNames: ['id'],
            // Articles stay when their author's account is deleted.
            onDelete: 'SET NULL',
          },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'audit_events',
        columns: [
          counter('id'),
          instant('at'),
          text('type', 40),
          { ...text('userId', 64), isNullable: true },
          { ...text('sessionId', 64), isNullable: true },
          { ...text('actorId', 64), isNullable: true },
          { ...text('reason', 255), isNullable: true },
          { ...long('detail'), isNullable: true },
        ],
      }),
    );
    await runner.createIndex(
      'audit_events',
      new TableIndex({ name: 'audit_events_user', columnNames: ['userId'] }),
    );
    // The layout that rate-limiter-flexible expects, in this order.
    await runner.createTable(
      new Table({
        name: 'login_attempts',
        columns: [
          { ...text('key', 100), isPrimary: true },
          { name: 'points', type: 'integer', default: 0 },
          { ...instant('expire'), isNullable: true },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['login_attempts', 'audit_events', 'articles', 'users']) {
      await runner.dropTable(table);
    }
  }
}

function columnsFor(runner: QueryRunner) {
  const { type } = runner.connection.options;
  // MySQL's default collations treat 'a' and 'á' as equal, also in a unique index.
  const exact = type === 'mysql' ? { charset: 'utf8mb4', collation: 'utf8mb4_bin' } : {};
  const text = (name: string, length: number): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: String(length),
    ...exact,
  });
  return {
    text,
    id: (name: string) => text(name, 36),
    long: (name: string): TableColumnOptions => ({ name, type: 'text', ...exact }),
    /** Milliseconds since the epoch. */
    instant: (name: string): TableColumnOptions => ({ name, type: 'bigint' }),
    counter: (name: string): TableColumnOptions => ({
      name,
      type: type === 'mysql' ? 'int' : 'integer',
      isPrimary: true,
      isGenerated: true,
      generationStrategy: 'increment',
    }),
  };
}
