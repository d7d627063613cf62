import type { DataSource } from 'typeorm';

export type LogKind = 'subject' | 'token';

/**
 * Puts rows into a revocation log that nobody has read yet: changes of subjects, or denials of
 * tokens, of nobody that the load asks for. They are numbered, as they are soon after any change.
 */
export async function fillLog(dataSource: DataSource, kind: LogKind, count: number): Promise<void> {
  if (count === 0) return;
  const now = Date.now();
  const code = kind === 'token' ? "'token_revoked'" : 'NULL';
  await dataSource.query(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})` +
      ' INSERT INTO auth_revocation' +
      ' (id, realm, kind, ref, code, created_at, expires_at, seq, sequenced_at)' +
      ` SELECT ${uuid('8000')}, 'jwt', '${kind}', ${uuid('9000')}, ${code}, ${now}, ${now + 86_400_000}, i, ${now}` +
      ' FROM n',
  );
  await dataSource.query(
    `INSERT INTO auth_log_head (realm, head, purged_through) VALUES ('jwt', ${count}, 0)`,
  );
  // What a server does by itself, sooner or later.
  await dataSource.query('ANALYZE');
}

/** As long as a UUID, which is what most references are. */
function uuid(group: string): string {
  return `'00000000-0000-4000-${group}-' || (100000000000 + i)`;
}
