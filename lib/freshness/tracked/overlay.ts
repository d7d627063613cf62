import type { Lookup } from '../../decision/auth-state.js';
import { DECISION_CODES, type DecisionCode } from '../../decision/refusal.js';
import type { LogRow } from '../../log/log-page.js';
import { ExpiryQueue } from './expiry-queue.js';
import { ShardedMap } from './sharded-map.js';

/** How many codes an entry can have. The rest of the number is the version. */
const CODES = 16;
/** The most entries that one sweep deletes, so that a million of them do not delay a request. */
const SWEEP = 5_000;

/**
 * The changes that the log reports, in memory: tokens and sessions that are denied, and subjects whose
 * tokens are out of date.
 *
 * Its size depends on recent changes, not on the number of users. An entry is removed when every token from before
 * the change has expired, and never for lack of space: then the caller raises coverage and clears the overlay.
 *
 * There may be a million entries, so each is one number in a map: the version of the last row that named
 * it, and the code of the refusal. Versions only rise, so entries leave in the order in which they came.
 */
export class Overlay {
  private tokens = new ShardedMap();
  private sessions = new ShardedMap();
  private subjects = new ShardedMap();
  private readonly expiryQueue = new ExpiryQueue();
  /** Counts rows and is never reset: no two changes share a version. */
  private versions = 0;
  /** The entry of the last row that concerned every token. */
  private everyone = 0;

  get size(): number {
    return this.tokens.size + this.sessions.size + this.subjects.size;
  }

  /**
   * Applies a row. The same row again does no harm; it only costs a read.
   *
   * @param expiresAt every token issued before the change has expired by this instant of the database's
   *   clock
   */
  apply({ kind, ref, code }: Pick<LogRow, 'kind' | 'ref' | 'code'>, expiresAt: number): void {
    const entries = this.mapOf(kind);
    const version = ++this.versions;
    if (entries === undefined) {
      this.everyone = version * CODES;
      return;
    }
    entries.set(
      ref,
      version * CODES + DECISION_CODES.indexOf(code ?? DEFAULT_CODES[kind] ?? 'token_revoked'),
    );
    this.expiryQueue.add(version, expiresAt);
  }

  /** The code that this token is refused with; `undefined` when the token itself is not denied. */
  tokenDenial(jti: string): DecisionCode | undefined {
    return codeOf(this.tokens.get(jti));
  }

  /** The code that the tokens of this session are refused with; `undefined` when it is not denied. */
  sessionDenial(sid: string): DecisionCode | undefined {
    return codeOf(this.sessions.get(sid));
  }

  /**
   * The version of the subject's last change; `undefined`: the log reports none. State that was read at another
   * version of the subject may be old.
   */
  versionOf(subject: string): number | undefined {
    return this.subjects.get(subject);
  }

  /**
   * A number that changes with every row that concerns the token, its session, its subject, or every token. State
   * that was read before such a row may be old.
   */
  lastChangeFor({ sub, sid, jti }: Lookup): number {
    return Math.max(
      this.everyone,
      this.subjects.get(sub) ?? 0,
      this.sessions.get(sid) ?? 0,
      this.tokens.get(jti) ?? 0,
    );
  }

  /** Deletes some of the entries that every token has outlived, by the database's clock. */
  sweep(now: number): void {
    const through = this.expiryQueue.expiredBy(now);
    if (through === 0) return;
    let left = SWEEP;
    for (const entries of [this.tokens, this.sessions, this.subjects]) {
      left -= entries.sweep((through + 1) * CODES, left);
    }
  }

  /** Forgets everything. This is safe only if coverage rises to now. */
  clear(): void {
    // New maps, because to empty a large map takes time. The expiry queue stays: its versions are gone, and have no
    // effect on later ones.
    this.tokens = new ShardedMap();
    this.sessions = new ShardedMap();
    this.subjects = new ShardedMap();
  }

  private mapOf(kind: LogRow['kind']): ShardedMap | undefined {
    if (kind === 'token') return this.tokens;
    if (kind === 'session') return this.sessions;
    return kind === 'subject' ? this.subjects : undefined;
  }
}

/** The meaning of a row that names no code. */
const DEFAULT_CODES: Partial<Record<LogRow['kind'], DecisionCode>> = { session: 'session_ended' };

function codeOf(entry: number | undefined): DecisionCode | undefined {
  return entry === undefined ? undefined : DECISION_CODES[entry % CODES];
}
