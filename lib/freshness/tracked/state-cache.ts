import { LRUCache } from 'lru-cache';
import type { AuthState, Denial, SubjectState } from '../../decision/auth-state.js';
import type { Lookup } from '../../decision/auth-state-reader.js';
import type { Overlay } from './overlay.js';

/** What one strict read said. */
export interface CachedState {
  /** The instant of the read, in milliseconds of the database's clock. */
  readonly at: number;
  readonly subject: SubjectState | null;
  readonly denials: readonly Denial[];
}

interface Kept extends CachedState {
  readonly sub: string;
  /** After which change of the subject it was read. */
  readonly version: number | undefined;
}

/**
 * What was read of subjects that changed, and of tokens that do not speak for themselves, so that it
 * is read once and not at each request.
 *
 * It keeps state and never a verdict, because some states change with time alone. Unlike the overlay
 * it may forget whatever it likes.
 *
 * A subject's reading serves every token of it whose own denials the overlay knows. A token from
 * before coverage has denials that the log no longer tells, so there the token's own reading counts.
 * Either is good for as long as the log names neither the subject (its version is another then) nor
 * the token or its session (which are asked for first). A version that has left the overlay and one
 * that never was look alike; but then the tokens that could tell the difference have expired.
 */
export class StateCache {
  private readonly subjects: LRUCache<string, Kept>;
  private readonly tokens: LRUCache<string, Kept>;
  /** Counts how often all was forgotten. */
  private era = 0;

  /** @param max readings of subjects, and as many of tokens; what is dropped is read again */
  constructor(
    private readonly overlay: Overlay,
    max: number,
  ) {
    this.subjects = new LRUCache({ max });
    this.tokens = new LRUCache({ max });
  }

  /** The subject's own state as read after its last change; `undefined` when it must be read. */
  ofSubject(subject: string): CachedState | undefined {
    return this.current(this.subjects.get(subject), subject);
  }

  /** The state behind one token as read after the last change to its subject. */
  ofToken({ jti, sub }: Lookup): CachedState | undefined {
    const kept = this.tokens.get(jti);
    // Ids of adopted tokens are somebody else's, who may have given one to two accounts.
    return kept?.sub === sub ? this.current(kept, sub) : undefined;
  }

  /**
   * A ticket for a read that is about to begin, to be handed its answer. Gives whether that may be
   * decided on, and keeps it then: not when the log has said something newer meanwhile. Without this,
   * a slow read would bring back the state from before a change that this process knows of already.
   */
  beginRead(lookup: Lookup): (state: AuthState) => boolean {
    const { sub, jti } = lookup;
    const version = this.overlay.versionOf(sub);
    const lastChange = this.overlay.lastChangeFor(lookup);
    const { era } = this;
    return ({ now: at, subject, denials }) => {
      if (this.overlay.lastChangeFor(lookup) !== lastChange || this.era !== era) return false;
      this.tokens.set(jti, { sub, version, at, subject, denials });
      const own = denials.filter(({ kind }) => kind === 'subject');
      if (version !== undefined)
        this.subjects.set(sub, { sub, version, at, subject, denials: own });
      return true;
    };
  }

  /** Forgets everything, also what is being read. */
  clear(): void {
    this.era++;
    this.subjects.clear();
    this.tokens.clear();
  }

  private current(kept: Kept | undefined, subject: string): CachedState | undefined {
    return kept !== undefined && kept.version === this.overlay.versionOf(subject)
      ? kept
      : undefined;
  }
}
