import { DECISION_CODES, type DecisionCode } from '../../decision/refusal.js';
import type { Lookup } from '../../decision/auth-state-reader.js';
import type { LogRow } from '../../log/log-page.js';
import { ExpiryQueue } from './expiry-queue.js';
import { ShardedMap } from './sharded-map.js';

/** Codes that fit into the number that an entry is; a version takes the rest. */
const CODES = 16;
/** Entries that one sweep lets go of at the most, so that a million of them do not hold up a request. */
const SWEEP = 5_000;

/**
 * What the log says has changed, in memory: the tokens and sessions that are denied, and the subjects
 * that are no longer what their tokens say.
 *
 * It grows with recent changes, not with users. Entries leave when no token from before the change can
 * be alive; never for want of room: then the caller raises coverage and clears it.
 *
 * An entry is one number in a map, for there may be a million of them: the version of the row that
 * named it last, and the code that it is refused with. Versions only rise, so entries leave in the order
 * in which they came.
 */
export class Overlay {
  private tokens = new ShardedMap();
  private sessions = new ShardedMap();
  private subjects = new ShardedMap();
  private readonly expiryQueue = new ExpiryQueue();
  /** Counts rows, and is never set back: no two changes share a version. */
  private versions = 0;
  /** The entry of the last row that was about nobody in particular. */
  private everybody = 0;

  get size(): number {
    return this.tokens.size + this.sessions.size + this.subjects.size;
  }

  /**
   * Takes in a row; the same row again changes nothing but costs a read.
   *
   * @param leavesAt no token issued before the change can be alive after this instant of the
   *   database's clock
   */
  apply({ kind, ref, code }: Pick<LogRow, 'kind' | 'ref' | 'code'>, leavesAt: number): void {
    const entries = this.mapOf(kind);
    const version = ++this.versions;
    if (entries === undefined) {
      this.everybody = version * CODES;
      return;
    }
    entries.set(
      ref,
      version * CODES + DECISION_CODES.indexOf(code ?? UNSAID[kind] ?? 'token_revoked'),
    );
    this.expiryQueue.add(version, leavesAt);
  }

  /** The code that a token is refused with because it is denied itself. */
  tokenDenial(jti: string): DecisionCode | undefined {
    return codeOf(this.tokens.get(jti));
  }

  /** The code that the tokens of a session are refused with because it is denied. */
  sessionDenial(sid: string): DecisionCode | undefined {
    return codeOf(this.sessions.get(sid));
  }

  /**
   * After which of its changes a subject is; `undefined` when the log tells of none. What was read of
   * the subject while it was at another version may be old.
   */
  versionOf(subject: string): number | undefined {
    return this.subjects.get(subject);
  }

  /**
   * Changes whenever a row comes in that is about the token, its session, its subject, or everybody:
   * state that was read before may be old.
   */
  lastChangeFor({ sub, sid, jti }: Lookup): number {
    return Math.max(
      this.everybody,
      this.subjects.get(sub) ?? 0,
      this.sessions.get(sid) ?? 0,
      this.tokens.get(jti) ?? 0,
    );
  }

  /** Lets go of entries that no living token can need, by the database's clock; a part at a time. */
  sweep(now: number): void {
    const through = this.expiryQueue.expiredBy(now);
    if (through === 0) return;
    let left = SWEEP;
    for (const entries of [this.tokens, this.sessions, this.subjects]) {
      left -= entries.sweep((through + 1) * CODES, left);
    }
  }

  /** Forgets everything; safe only together with a coverage that rises to now. */
  clear(): void {
    // New maps: to empty a large one takes its time, and what holds it is let go of elsewhere. What is yet
    // to leave is of versions that are gone, and says nothing of those to come.
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

/** What a row that names no code means. */
const UNSAID: Partial<Record<LogRow['kind'], DecisionCode>> = { session: 'session_ended' };

function codeOf(entry: number | undefined): DecisionCode | undefined {
  return entry === undefined ? undefined : DECISION_CODES[entry % CODES];
}
