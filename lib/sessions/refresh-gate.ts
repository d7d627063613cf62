import { AuthTimeoutError } from '../errors/database.errors.js';
import { withTimeout } from '../database/with-timeout.js';
import { orUnavailable } from '../errors/or-unavailable.js';
import type { ClientInfo } from './client-info.js';
import { KeyedMutex } from './keyed-mutex.js';
import { notBehindCaller } from './not-behind-caller.js';
import { readWork } from './read-work.js';
import { refused, type RefreshOutcome, type Reused } from './refresh-outcome.js';
import { parseRefreshToken, type RefreshToken } from './refresh-token.js';
import { type Candidate, Rotation } from './rotation.js';
import type { SessionParts } from './session-parts.js';
import { TokenTags } from './token-tag.js';

/**
 * Stands in front of the rotation. It lets through only refresh tokens of this deployment, one at a time for
 * each session, and none after the caller stopped waiting.
 */
export class RefreshGate {
  private readonly mutex = new KeyedMutex();
  private readonly rotation: Rotation;
  private readonly tags: TokenTags;

  constructor(private readonly parts: SessionParts) {
    this.rotation = new Rotation(parts);
    this.tags = new TokenTags(() => readWork(parts, parts.table.tagKey()));
  }

  /** @throws AuthUnavailableException (503) the database cannot answer in time */
  enter(token: RefreshToken, client: ClientInfo): Promise<RefreshOutcome> {
    const deadline = performance.now() + this.parts.timeoutMs;
    return orUnavailable(async () => {
      // First, because an invented token must not wait for the session, let alone lock it.
      if (!(await this.tags.mayBeValid(token))) return refused('token_invalid');
      return this.mutex.runExclusive(token.sessionId, () => this.rotate(token, client, deadline));
    });
  }

  /** Whether a token may be one of this deployment. Asks the database once a second at most. */
  mayBeValid(token: RefreshToken): Promise<boolean> {
    return this.tags.mayBeValid(token);
  }

  /**
   * Chooses one of several texts to refresh with. A browser may send a token from earlier options beside the current
   * one. To redeem the earlier token would be a replay and end the session. So this method only reads. If none would be
   * accepted, an unused one is chosen: it is refused for what it is, and raises no alarm.
   *
   * @returns `'ambiguous'`: tokens of several accounts would be accepted
   * @throws AuthUnavailableException (503) the database cannot answer in time
   */
  choose(texts: readonly string[]): Promise<RefreshToken | 'ambiguous' | undefined> {
    return orUnavailable(async () => {
      const own: RefreshToken[] = [];
      for (const token of texts.flatMap((text) => parseRefreshToken(text) ?? [])) {
        if (await this.tags.mayBeValid(token)) own.push(token);
      }
      const found = await Promise.all(
        own.map((token) => readWork(this.parts, this.rotation.peek(token))),
      );
      const known = found.filter((one) => one !== undefined);
      const usable = known.filter(({ isUsable }) => isUsable);
      if (new Set(usable.map(({ row }) => row.userId)).size > 1) return 'ambiguous';
      const [best] = (usable.length > 0 ? usable : known).toSorted(byUse);
      return best?.token ?? own[0];
    });
  }

  private async rotate(
    token: RefreshToken,
    client: ClientInfo,
    deadline: number,
  ): Promise<RefreshOutcome> {
    const left = deadline - performance.now();
    // The caller has given up, and would never see the new tokens.
    if (left <= 0) throw new AuthTimeoutError();
    let isAwaited = true;
    try {
      return await withTimeout(
        left,
        notBehindCaller(this.parts, token.sessionId, () =>
          this.transact(token, client, () => isAwaited),
        ),
      );
    } catch (error) {
      isAwaited = false;
      throw error;
    }
  }

  /**
   * Reports a replay even if its transaction fails or the caller stopped waiting. The used token did come back, and
   * the next refresh would only find a session that has ended.
   */
  private async transact(
    token: RefreshToken,
    client: ClientInfo,
    isAwaited: () => boolean,
  ): Promise<RefreshOutcome> {
    const { database, report } = this.parts;
    const found: { replay?: Reused | undefined } = {};
    try {
      return await database.transact(() => {
        // A transaction that runs again reports only what it finds then.
        found.replay = undefined;
        const onReplay = (replay: Reused) => (found.replay = replay);
        return this.rotation.redeem({ token, client, isAwaited, onReplay });
      });
    } finally {
      if (found.replay !== undefined) report.reused(found.replay, client);
    }
  }
}

/** Sorts unused tokens first, then the newest sign-ins. */
function byUse(one: Candidate, other: Candidate): number {
  return isCurrent(other) - isCurrent(one) || other.row.createdAt - one.row.createdAt;
}

function isCurrent({ place }: Candidate): number {
  return place === 'current' ? 1 : 0;
}
