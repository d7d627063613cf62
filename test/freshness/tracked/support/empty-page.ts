import type { LogPage } from '../../../../lib/log/log-page.js';
import { deploymentKey } from '../../../../lib/log/deployment-row.js';

/** A page of a log in which nothing has happened since somebody put a row at its head, but for what is given. */
export const emptyPage = (now: number, more: Partial<LogPage> = {}): LogPage => ({
  now,
  startedAt: now,
  head: 1,
  headRow: { seq: 1, id: 'head' },
  purgedThrough: 0,
  watchingSince: 0,
  maxTokenLife: 900_000,
  deployment: {
    generation: 'g',
    issuedBefore: 0,
    key: deploymentKey('k'),
    withdrawnKeys: new Set(),
  },
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
