import { type QueryRunner, Table, TableColumn, type TableColumnOptions, TableIndex } from 'typeorm';

import { adapterOf } from '../database/adapters.js';

type Spec = Omit<TableColumnOptions, 'name'>;

const text = (length: number): Spec => ({ type: 'varchar', length: String(length) });
const nullable = (spec: Spec): Spec => ({ ...spec, isNullable: true });
const milliseconds: Spec = { type: 'bigint' };
const counter: Spec = { type: 'bigint' };

/** The same as in the entities, column for column; a test holds them together. */
const REVOCATION: Readonly<Record<string, Spec>> = {
  id: { type: 'varchar', length: '36', isPrimary: true },
  realm: text(64),
  kind: text(16),
  ref: text(255),
  code: nullable(text(32)),
  issued_before: nullable(milliseconds),
  reason: nullable(text(255)),
  actor: nullable(text(255)),
  created_at: milliseconds,
  expires_at: nullable(milliseconds),
  seq: nullable(counter),
  sequenced_at: nullable(milliseconds),
};

const STATE: Readonly<Record<string, Spec>> = {
  realm: { ...text(64), isPrimary: true },
  generation: text(64),
  issued_before: { ...milliseconds, default: '0' },
  stamp_key: text(64),
  withdrawn_keys: nullable({ type: 'text' }),
  max_token_life: { ...milliseconds, default: '0' },
  watching_since: nullable(milliseconds),
};

const LOG_HEAD: Readonly<Record<string, Spec>> = {
  realm: { ...text(64), isPrimary: true },
  head: { ...counter, default: '0' },
  purged_through: { ...milliseconds, default: '0' },
};

const PROCESS: Readonly<Record<string, Spec>> = {
  id: { type: 'varchar', length: '36', isPrimary: true },
  realm: text(64),
  max_staleness: milliseconds,
  complete_as_of: { ...milliseconds, default: '0' },
  asked_at: nullable(milliseconds),
  left_at: nullable(milliseconds),
};

const SESSION: Readonly<Record<string, Spec>> = {
  id: { type: 'varchar', length: '36', isPrimary: true },
  realm: text(64),
  user_id: text(255),
  subject: text(255),
  stamps: { type: 'text' },
  created_at: milliseconds,
  last_seen_at: milliseconds,
  idle_expires_at: milliseconds,
  expires_at: milliseconds,
  ip: nullable(text(255)),
  user_agent: nullable(text(255)),
  device: nullable(text(255)),
  ended_at: nullable(milliseconds),
  ended_reason: nullable(text(255)),
  ended_by: nullable(text(255)),
  token_hash: text(64),
  previous_hash: nullable(text(64)),
  successor: nullable(text(255)),
  rotated_at: nullable(milliseconds),
  retry_until: nullable(milliseconds),
};

/** Makes the library's tables, those that are not there yet. */
export async function createAuthTables(runner: QueryRunner): Promise<void> {
  const revocation = new Table({
    name: 'auth_revocation',
    columns: columns(runner, REVOCATION),
    indices: [
      new TableIndex({ name: 'auth_revocation_ref', columnNames: ['realm', 'ref'] }),
      new TableIndex({ name: 'auth_revocation_seq', columnNames: ['realm', 'seq'] }),
      new TableIndex({ name: 'auth_revocation_expires_at', columnNames: ['realm', 'expires_at'] }),
    ],
  });
  const state = new Table({ name: 'auth_state', columns: columns(runner, STATE) });
  await runner.createTable(revocation, true);
  const logHead = new Table({ name: 'auth_log_head', columns: columns(runner, LOG_HEAD) });
  await runner.createTable(state, true);
  await runner.createTable(logHead, true);
  const process = new Table({ name: 'auth_process', columns: columns(runner, PROCESS) });
  await runner.createTable(process, true);
  const session = new Table({
    name: 'auth_session',
    columns: columns(runner, SESSION),
    indices: [
      new TableIndex({ name: 'auth_session_user', columnNames: ['realm', 'user_id'] }),
      new TableIndex({
        name: 'auth_session_idle_expires_at',
        columnNames: ['realm', 'idle_expires_at'],
      }),
      new TableIndex({ name: 'auth_session_retry_until', columnNames: ['realm', 'retry_until'] }),
    ],
  });
  await runner.createTable(session, true);
}

/** Drops them, with everything that was revoked. */
export async function dropAuthTables(runner: QueryRunner): Promise<void> {
  await runner.dropTable('auth_process', true);
  await runner.dropTable('auth_session', true);
  await runner.dropTable('auth_log_head', true);
  await runner.dropTable('auth_state', true);
  await runner.dropTable('auth_revocation', true);
}

function columns(runner: QueryRunner, specs: Readonly<Record<string, Spec>>): TableColumn[] {
  const { bytewise } = adapterOf(runner.dataSource).schema;
  return Object.entries(specs).map(
    ([name, spec]) =>
      new TableColumn({ name, ...spec, ...(spec.type === 'bigint' ? {} : bytewise) }),
  );
}
