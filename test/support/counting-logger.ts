import type { Logger } from 'typeorm';

/** Counts the statements that go through TypeORM. SQLite's own connections do not. */
export class CountingLogger implements Logger {
  readonly statements: string[] = [];

  logQuery(query: string): void {
    this.statements.push(query);
  }

  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
