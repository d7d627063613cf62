import { exactInteger } from '../database/exact-integer.js';
import type { Row } from '../database/database.js';

/** A stored session. Times are milliseconds of the database's clock. */
export interface SessionRow {
  readonly id: string;
  readonly userId: string;
  readonly subject: string;
  readonly stamps: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly device: string | null;
  readonly endedAt: number | null;
  readonly tokenHash: string;
  readonly previousHash: string | null;
  readonly successor: string | null;
  readonly rotatedAt: number | null;
  readonly retryUntil: number | null;
}

/** The columns of {@link SessionRow}, by property. */
export const SESSION_COLUMNS: Readonly<Record<keyof SessionRow, string>> = {
  id: 'id',
  userId: 'user_id',
  subject: 'subject',
  stamps: 'stamps',
  createdAt: 'created_at',
  lastSeenAt: 'last_seen_at',
  idleExpiresAt: 'idle_expires_at',
  expiresAt: 'expires_at',
  ip: 'ip',
  userAgent: 'user_agent',
  device: 'device',
  endedAt: 'ended_at',
  tokenHash: 'token_hash',
  previousHash: 'previous_hash',
  successor: 'successor',
  rotatedAt: 'rotated_at',
  retryUntil: 'retry_until',
};

export function sessionRow(row: Row): SessionRow {
  const text = (name: keyof SessionRow) => String(row[SESSION_COLUMNS[name]]);
  const textOrNull = (name: keyof SessionRow) =>
    row[SESSION_COLUMNS[name]] === null ? null : text(name);
  const time = (name: keyof SessionRow) => exactInteger(row[SESSION_COLUMNS[name]]);
  const timeOrNull = (name: keyof SessionRow) =>
    row[SESSION_COLUMNS[name]] === null ? null : time(name);
  return {
    id: text('id'),
    userId: text('userId'),
    subject: text('subject'),
    stamps: text('stamps'),
    createdAt: time('createdAt'),
    lastSeenAt: time('lastSeenAt'),
    idleExpiresAt: time('idleExpiresAt'),
    expiresAt: time('expiresAt'),
    ip: textOrNull('ip'),
    userAgent: textOrNull('userAgent'),
    device: textOrNull('device'),
    endedAt: timeOrNull('endedAt'),
    tokenHash: text('tokenHash'),
    previousHash: textOrNull('previousHash'),
    successor: textOrNull('successor'),
    rotatedAt: timeOrNull('rotatedAt'),
    retryUntil: timeOrNull('retryUntil'),
  };
}

/** Whether the session can still be used, as far as its own row says. */
export function isOpen(row: SessionRow, now: number): boolean {
  return row.endedAt === null && now < endOf(row);
}

/** When the session ends if nothing more happens to it; no access token of it lives longer. */
export function endOf({ idleExpiresAt, expiresAt }: SessionRow): number {
  return Math.min(idleExpiresAt, expiresAt);
}
