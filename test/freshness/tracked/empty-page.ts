import type { LogPage } from '../../../lib/freshness/log/log-page.js';

/** A page of a log in which nothing has happened, but for what is given. */
export const emptyPage = (now: number, more: Partial<LogPage> = {}): LogPage => ({
  now,
  startedAt: now,
  head: 0,
  headRow: null,
  purgedThrough: 0,
  watchingSince: 0,
  maxTokenLife: 900_000,
  deployment: { generation: 'g', issuedBefore: 0, stampKey: 'k', withdrawnKeys: new Set() },
  isReplica: false,
  isRegistered: true,
  askedAt: null,
  anchor: null,
  numbered: [],
  unnumbered: [],
  isFlooded: false,
  full: false,
  ...more,
});
