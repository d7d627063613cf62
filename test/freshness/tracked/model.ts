/** A database and its log as the rules describe them, with a clock that only the test moves. */
import type { AuthState, Denial, DeploymentState } from '../../../lib/decision/auth-state.js';
import type { LogPage, LogRow } from '../../../lib/freshness/log/log-page.js';

export const TOKEN_LIFE = 10_000;
export const GRACE = 300_000;

interface Row {
  id: string;
  seq: number | null;
  kind: LogRow['kind'];
  ref: string;
  code: LogRow['code'];
  sequencedAt: number;
}

/** What a backup holds. */
export interface Backup {
  readonly rows: readonly Row[];
  readonly head: number;
  readonly purgedThrough: number;
  readonly versions: ReadonlyMap<string, number>;
  readonly generation: string;
}

const shown = (row: Row): LogRow => ({ ...row, issuedBefore: null });

/** A change that is written and not committed. */
export interface OpenTransaction {
  readonly rows: Row[];
  readonly effects: ((at: number) => void)[];
}

export interface Token {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat_ms: number;
  readonly exp: number;
  readonly pol: string;
  readonly gen: string;
  readonly version: string;
}

export class ModelDatabase {
  now = 1_000_000_000_000;
  private ids = 0;
  rows: Row[] = [];
  head = 0;
  purgedThrough = 0;
  readonly watchingSince = this.now;
  readonly versions = new Map<string, number>();
  /** When each thing that kills tokens was committed. */
  readonly deadSince = new Map<string, number>();
  deployment: DeploymentState = {
    generation: 'g0',
    issuedBefore: 0,
    stampKey: 'k',
    withdrawnKeys: new Set(),
  };
  private generations = 0;
  private restores = 0;

  /** What a token is stamped with: never the same twice, also after a backup came back. */
  version(sub: string): string {
    return `${this.restores}.${this.versions.get(sub) ?? 0}`;
  }

  /** One statement: the token carries what is committed now. */
  mint(sub: string, pol = 'p'): Token {
    const n = ++this.ids;
    return {
      sub,
      sid: `sid-${n}`,
      jti: `jti-${n}`,
      iat_ms: this.now,
      exp: this.now + TOKEN_LIFE,
      pol,
      gen: this.deployment.generation,
      version: this.version(sub),
    };
  }

  /** Since when the database refuses this token; `undefined` while it does not. */
  refusedSince({ sub, sid, jti, gen, version }: Token): number | undefined {
    const marks = [`jti ${jti}`, `sid ${sid}`, `gen ${gen}`, `sub ${sub} ${version}`];
    const since = marks.flatMap((mark) => this.deadSince.get(mark) ?? []);
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** What a strict read gives: the state of the subject, and what is denied of this token. */
  state({ sub, sid, jti }: Token): AuthState {
    const denied = (kind: Denial['kind'], ref: string, mark: string): Denial[] =>
      this.deadSince.has(mark) ? [{ kind, ref, code: 'token_revoked', issuedBefore: null }] : [];
    return {
      now: this.now,
      subject: {
        id: sub,
        subject: sub,
        columns: { version: this.version(sub) },
        roles: [],
        permissions: [],
      },
      denials: [...denied('token', jti, `jti ${jti}`), ...denied('session', sid, `sid ${sid}`)],
      deployment: this.deployment,
    };
  }

  bump(transaction: OpenTransaction, sub: string, told: 'row' | 'resync' = 'row'): void {
    transaction.rows.push(
      this.row(told === 'row' ? 'subject' : 'resync', told === 'row' ? sub : '*', null),
    );
    transaction.effects.push((at) => {
      this.die(`sub ${sub} ${this.version(sub)}`, at);
      this.versions.set(sub, (this.versions.get(sub) ?? 0) + 1);
    });
  }

  deny(transaction: OpenTransaction, kind: 'token' | 'session', ref: string): void {
    transaction.rows.push(
      this.row(kind, ref, kind === 'token' ? 'token_revoked' : 'session_ended'),
    );
    transaction.effects.push((at) => this.die(`${kind === 'token' ? 'jti' : 'sid'} ${ref}`, at));
  }

  revokeAll(transaction: OpenTransaction): void {
    transaction.rows.push(this.row('all', '*', null));
    transaction.effects.push((at) => {
      this.die(`gen ${this.deployment.generation}`, at);
      this.deployment = { ...this.deployment, generation: `g${++this.generations}` };
    });
  }

  commit({ rows, effects }: OpenTransaction): void {
    this.rows.push(...rows);
    for (const effect of effects) effect(this.now);
  }

  /** A snapshot, as one statement sees it. */
  page(cursor: number, limit: number): LogPage {
    const numbered = this.rows
      .flatMap((row) => (row.seq !== null && row.seq > cursor ? [{ ...row, seq: row.seq }] : []))
      .sort((a, b) => a.seq - b.seq);
    const unnumbered = this.rows.filter(({ seq }) => seq === null);
    const at = (seq: number) => {
      const row = this.rows.find((candidate) => candidate.seq === seq);
      return row === undefined ? null : { seq, id: row.id };
    };
    return {
      now: this.now,
      startedAt: this.now,
      head: this.head,
      headRow: at(this.head),
      purgedThrough: this.purgedThrough,
      watchingSince: this.watchingSince,
      maxTokenLife: TOKEN_LIFE,
      deployment: this.deployment,
      isReplica: false,
      isRegistered: true,
      askedAt: null,
      anchor: at(cursor),
      numbered: numbered.slice(0, limit).map(shown),
      unnumbered: unnumbered.slice(0, limit).map(shown),
      isFlooded: unnumbered.length > limit,
      full: numbered.length > limit || unnumbered.length > limit,
    };
  }

  /** Numbers exactly these rows, those that still have none. */
  number(ids: readonly string[]): void {
    for (const row of this.rows) {
      if (row.seq !== null || !ids.includes(row.id)) continue;
      row.seq = ++this.head;
      row.sequencedAt = this.now;
    }
  }

  purge(): void {
    const old = ({ seq, sequencedAt }: Row) =>
      seq !== null && seq !== this.head && sequencedAt + TOKEN_LIFE + GRACE < this.now;
    for (const row of this.rows.filter(old)) {
      this.purgedThrough = Math.max(this.purgedThrough, row.sequencedAt);
    }
    this.rows = this.rows.filter((row) => !old(row));
  }

  /** The log is emptied; where the database tells of it, a trigger says so. What it told of stays true. */
  truncate(): void {
    this.rows = [this.row('resync', '*', null)];
  }

  /** A backup comes back, of the log and of the data; then the operator revokes everybody, as documented. */
  restore(backup: Backup): void {
    this.restores++;
    this.rows = backup.rows.map((row) => ({ ...row }));
    this.head = backup.head;
    this.purgedThrough = backup.purgedThrough;
    this.versions.clear();
    for (const [sub, version] of backup.versions) this.versions.set(sub, version);
    this.die(`gen ${this.deployment.generation}`, this.now);
    this.die(`gen ${backup.generation}`, this.now);
    this.deployment = { ...this.deployment, generation: `g${++this.generations}` };
  }

  backup(): Backup {
    return {
      rows: this.rows.map((row) => ({ ...row })),
      head: this.head,
      purgedThrough: this.purgedThrough,
      versions: new Map(this.versions),
      generation: this.deployment.generation,
    };
  }

  private row(kind: Row['kind'], ref: string, code: Row['code']): Row {
    return { id: `row-${++this.ids}`, seq: null, kind, ref, code, sequencedAt: 0 };
  }

  private die(mark: string, at: number): void {
    if (!this.deadSince.has(mark)) this.deadSince.set(mark, at);
  }
}
