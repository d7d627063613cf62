import type { SubjectState, Denial } from '../../decision/auth-state.js';
import type { DecisionCode } from '../../decision/refusal.js';
import type { LogRow } from '../log/log-page.js';

/** What a subject's own state was when it was last read, and after how many of its changes. */
export interface KnownSubject {
  readonly subject: SubjectState | null;
  readonly denials: readonly Denial[];
}

interface Change {
  /** Of the row that named the subject last; a read that began before it is stale. */
  readonly version: number;
  known: KnownSubject | undefined;
  /** No token issued before the change can be alive after this instant of the database's clock. */
  readonly leavesAt: number;
}

/**
 * What the log says has changed, in memory: the tokens and sessions that are denied, and the subjects
 * that are no longer what their tokens say.
 *
 * It keeps state and never a verdict, because some states change with time alone. It grows with
 * recent changes, not with users. Entries leave when no token from before the change can be alive;
 * never for want of room: then the caller raises coverage and clears it.
 */
export class Overlay {
  private readonly tokens = new Map<string, readonly [DecisionCode, number]>();
  private readonly sessions = new Map<string, readonly [DecisionCode, number]>();
  private readonly subjects = new Map<string, Change>();
  /** Counts rows of subjects, and is never set back: no two changes share a version. */
  private versions = 0;

  get size(): number {
    return this.tokens.size + this.sessions.size + this.subjects.size;
  }

  /** Takes in a row; the same row again changes nothing but costs a read. */
  apply(row: Pick<LogRow, 'kind' | 'ref' | 'code'>, leavesAt: number): void {
    const code = row.code ?? 'token_revoked';
    if (row.kind === 'token') this.tokens.set(row.ref, [code, leavesAt]);
    else if (row.kind === 'session') this.sessions.set(row.ref, [code, leavesAt]);
    else if (row.kind === 'subject') {
      this.subjects.set(row.ref, { version: ++this.versions, known: undefined, leavesAt });
    }
  }

  /** The code that a token is refused with because itself or its session is denied. */
  denialOf({ jti, sid }: { readonly jti: string; readonly sid: string }): DecisionCode | undefined {
    return this.tokens.get(jti)?.[0] ?? this.sessions.get(sid)?.[0];
  }

  /** Whether the subject changed, so that its tokens do not speak for it. */
  hasChanged(subject: string): boolean {
    return this.subjects.has(subject);
  }

  /** The subject's state as read after its last change; `undefined` when it must be read. */
  known(subject: string): KnownSubject | undefined {
    return this.subjects.get(subject)?.known;
  }

  /**
   * A ticket for a read of the subject that is about to begin: keeps the answer if by then nothing
   * newer was said of the subject. Without this, a slow read would bring back the state from before
   * a change that arrived meanwhile, and keep it.
   */
  reading(subject: string): (answer: KnownSubject) => void {
    const version = this.subjects.get(subject)?.version;
    return (answer) => {
      const change = this.subjects.get(subject);
      if (change !== undefined && change.version === version) change.known = answer;
    };
  }

  /** Lets go of entries that no living token can need, by the database's clock. */
  sweep(now: number): void {
    for (const entries of [this.tokens, this.sessions]) {
      for (const [ref, [, leavesAt]] of entries) if (leavesAt <= now) entries.delete(ref);
    }
    for (const [ref, { leavesAt }] of this.subjects) if (leavesAt <= now) this.subjects.delete(ref);
  }

  /** Forgets everything; safe only together with a coverage that rises to now. */
  clear(): void {
    this.tokens.clear();
    this.sessions.clear();
    this.subjects.clear();
  }
}
