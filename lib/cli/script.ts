import type { DataSource } from 'typeorm';

/** Statements as a script for the database's own shell. */
export function script(type: DataSource['options']['type'], statements: readonly string[]): string {
  if (type !== 'mysql' && type !== 'mariadb')
    return statements.map((sql) => `${sql};`).join('\n\n');
  // A trigger's body has semicolons of its own, at which that shell would cut it.
  const ended = statements.map((sql) => `${sql}\n$$`);
  return ['DELIMITER $$', ...ended, 'DELIMITER ;'].join('\n\n');
}
