import { LRUCache } from 'lru-cache';
import type { AuthState, Denial, Lookup, SubjectState } from '../../decision/auth-state.js';
import type { Overlay } from './overlay.js';

export interface CachedState {
  /** The instant of the read, in milliseconds of the database's clock. */
  readonly at: number;
  readonly subject: SubjectState | null;
  readonly denials: readonly Denial[];
}

interface Entry extends CachedState {
  readonly sub: string;
  /** The subject's version in the overlay when it was read. */
  readonly version: number | undefined;
}

/**
 * The state that was read for subjects that changed, and for tokens whose claims are not the current
 * state. It is read once and not for each request.
 *
 * The cache keeps state and never a decision, because some decisions change with time alone. Unlike the
 * overlay, it may drop any entry at any time.
 *
 * The state of a subject serves all its tokens, because the overlay knows the denials of each token and session. For
 * a token from before coverage, the log may no longer report its denials, so only the token's own entry counts. Both
 * entries are valid while the log names neither the subject (its version would change) nor the token or its session
 * (the overlay is asked about those first). A version that has left the overlay looks like one that never existed.
 * But by then every token that the change concerns has expired.
 */
export class StateCache {
  private readonly subjects: LRUCache<string, Entry>;
  private readonly tokens: LRUCache<string, Entry>;
  private era = 0;

  /** @param max entries for subjects, and as many for tokens */
  constructor(
    private readonly overlay: Overlay,
    max: number,
  ) {
    this.subjects = new LRUCache({ max });
    this.tokens = new LRUCache({ max });
  }

  /** The subject's state as read after its last change; `undefined` when it must be read. */
  ofSubject(subject: string): CachedState | undefined {
    return this.current(this.subjects.get(subject), subject);
  }

  /** The state behind one token, as read after the last change to its subject. */
  ofToken({ jti, sub }: Lookup): CachedState | undefined {
    const entry = this.tokens.get(jti);
    // The ids of adopted tokens come from another issuer, who may have given one id to two accounts.
    return entry?.sub === sub ? this.current(entry, sub) : undefined;
  }

  /**
   * Call it when a read begins. It returns a function for the answer. That function says whether a decision may use
   * the answer, and if so, caches it. The answer must not be used if the log has reported a change meanwhile: a slow
   * read would bring back the state from before that change.
   */
  beginRead(lookup: Lookup): (state: AuthState) => boolean {
    const { sub, jti } = lookup;
    const version = this.overlay.versionOf(sub);
    const lastChange = this.overlay.lastChangeFor(lookup);
    const { era } = this;
    return ({ now: at, subject, denials }) => {
      if (this.overlay.lastChangeFor(lookup) !== lastChange || this.era !== era) return false;
      if (isSettled(lookup, subject, denials)) {
        this.tokens.set(jti, { sub, version, at, subject, denials });
      }
      const own = denials.filter(({ kind }) => kind === 'subject');
      if (version !== undefined)
        this.subjects.set(sub, { sub, version, at, subject, denials: own });
      return true;
    };
  }

  /** Forgets everything, including the reads in flight. */
  clear(): void {
    this.era++;
    this.subjects.clear();
    this.tokens.clear();
  }

  private current(entry: Entry | undefined, subject: string): CachedState | undefined {
    return entry !== undefined && entry.version === this.overlay.versionOf(subject)
      ? entry
      : undefined;
  }
}

/**
 * Whether the state can only change with a row of the log. For a provisional token it can change without one: the
 * commit of the token's transaction adds its account and its session, and no row reports that.
 */
function isSettled(
  { provisional }: Lookup,
  subject: SubjectState | null,
  denials: readonly Denial[],
): boolean {
  return (
    provisional !== true || (subject !== null && denials.every(({ kind }) => kind !== 'session'))
  );
}
