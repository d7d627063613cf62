/** Only the room of the database knows which databases there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { adapterOf } from '../../lib/database/adapters.js';
import { AuthConfigurationError } from '../../lib/errors/auth.errors.js';

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));
/** What a branch on the kind of a database would have to name, or to read: also a driver's faults. */
const KIND =
  /^(?:pg|postgres(?:ql)?|mysql2?|mariadb|sqlite3?|better-sqlite3|errno|sqlState)$|^ER_\w+$/i;
const NAMED_AFTER_ONE = /postgres|mysql|mariadb|sqlite/i;
const PATH_TO_ONE = /(?:^|\/)(?:postgres|mysql|sqlite|pooled)\//;

/** Where code names a kind of database. Comments and sentences may. */
function kindsNamedIn(code: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) {
      if (KIND.test(node.text) || PATH_TO_ONE.test(node.text)) found.push(node.text);
    } else if (ts.isIdentifier(node)) {
      if (KIND.test(node.text) || NAMED_AFTER_ONE.test(node.text)) found.push(node.text);
    } else if (ts.isPropertyAccessExpression(node) && /\boptions\.type$/.test(node.getText())) {
      found.push(node.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', code, ts.ScriptTarget.Latest, true));
  return found;
}

describe('a kind of database', () => {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('database/'),
  );

  it('is named in no code outside of lib/database, so that a new one is a folder there', () => {
    const named = files.flatMap((file) =>
      kindsNamedIn(readFileSync(join(LIB, file), 'utf8')).map((name) => `${file}: ${name}`),
    );
    expect(named).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  it.each([
    ["if (dialect.name === 'postgres') go();", 'postgres'],
    ["switch (kind) { case 'mariadb': go(); }", 'mariadb'],
    ['const PAGE = { sqlite: 200 };', 'sqlite'],
    [
      "import { mainFile } from '../database/sqlite/open-own.js';",
      '../database/sqlite/open-own.js',
    ],
    ['if (dataSource.options.type === wanted) go();', 'dataSource.options.type'],
    ['if (error.errno === 1213) go();', 'errno'],
    ['const wakeUp = postgresWakeUp();', 'postgresWakeUp'],
  ])('would be found in %s', (code, name) => {
    expect(kindsNamedIn(code)).toContain(name);
  });

  it('may be named in texts for people', () => {
    expect(kindsNamedIn("// PostgreSQL\nthrow new Error('not for MySQL or MariaDB');")).toEqual([]);
  });
});

describe('adapterOf', () => {
  it('names the supported databases for one that is not supported', () => {
    const dataSource = new DataSource({ type: 'cockroachdb', timeTravelQueries: false });
    expect(() => adapterOf(dataSource)).toThrow(AuthConfigurationError);
    expect(() => adapterOf(dataSource)).toThrow(
      /"cockroachdb".*postgres, mysql, mariadb, better-sqlite3/,
    );
  });
});
