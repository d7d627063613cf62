/** A database with accounts, tokens and the library's tables, and a clock that only the test moves. */
import type { AuthState, Lookup } from '../../../lib/decision/auth-state.js';
import type { Claims } from '../../../lib/decision/claims.js';
import { decide, keyWithdrawn } from '../../../lib/decision/decide.js';
import { Refusal } from '../../../lib/decision/refusal.js';
import type { LogPage } from '../../../lib/log/log-page.js';
import { GRACE_MS } from '../../../lib/decision/time-margins.js';
import { type LogBackup, ModelLog, type NewRow } from './log.js';
import { ModelProcesses } from './processes.js';
import { type PolicySet, SETS } from './policies.js';
import { deploymentKey } from '../../../lib/log/deployment-row.js';

/** A moment of a history: the time, and the place in the order of what happened. */
export interface Moment {
  readonly at: number;
  readonly order: number;
}

/** A moment in which something changed. */
export interface Change extends Moment {
  /** Whether no row tells of it: nothing watched when it was written, or the row may be gone. */
  readonly isUntold: boolean;
}

/** Something for which a token is refused, since when, and who held the transaction that made it so. */
interface Reason extends Change {
  readonly reason: string;
  /** Whether a row told of it when it came, whatever became of that row. */
  readonly wasTold: boolean;
  readonly by: unknown;
}

/** For what a token is refused under a set of policies, and when it last was. */
interface Verdict {
  reasons: readonly Reason[];
  last: Change | undefined;
}

export interface Token {
  readonly claims: Claims;
  readonly minted: Moment;
  readonly verdicts: Record<PolicySet['name'], Verdict>;
}

/** A change in an open transaction. */
export interface Transaction {
  isTransactionActive: boolean;
  readonly isReleased: boolean;
  readonly rows: ReturnType<ModelLog['written']>;
  readonly apply: () => void;
  /** The process that promised to obey it from its commit on. */
  readonly by: unknown;
}

interface Account {
  version: number;
  status: 'active' | 'locked';
}

interface Backup {
  readonly order: number;
  readonly log: LogBackup;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly deployment: AuthState['deployment'];
}

const UNREFUSED: Verdict = { reasons: [], last: undefined };

/** Tokens of a history whose fate is followed; older ones are forgotten. */
const FOLLOWED = 8;

export class ModelDatabase {
  now = 1_000_000_000_000;
  /** How far the database's clock is ahead; it may be slewed by less than a second. */
  skew = 0;
  private order = 0;
  private ids = 0;
  private generations = 0;
  readonly log = new ModelLog();
  readonly processes = new ModelProcesses(() => this.clock);
  private accounts = new Map<string, Account>();
  private deployment: AuthState['deployment'] = {
    generation: 'g0',
    issuedBefore: 0,
    key: deploymentKey('k'),
    withdrawnKeys: new Set(),
  };
  maxTokenLife = 0;
  /** Transactions that began while nothing watched. */
  private readonly untold: Transaction[] = [];
  /** Whether triggers are there to write what changes into the log. */
  watched = true;
  /** How often they were made. */
  made = 1;
  /** When a process last noticed that they were made anew; before, it may not have been known. */
  noticed: Moment = { at: 0, order: 0 };
  private watchingSince = this.clock;
  tokens: Token[] = [];

  get clock(): number {
    return this.now + this.skew;
  }

  get moment(): Moment {
    return { at: this.now, order: this.order };
  }

  /** Signs in: state is read, decided on and stamped; nothing where it is refused. */
  mint(sub: string, { name, policies, life }: PolicySet): Token | undefined {
    const id = ++this.ids;
    const bare: Claims = {
      sub,
      sid: `s-${Math.floor(id / 2)}`,
      jti: `t-${id}`,
      kid: `k-${id % 3}`,
      iat: Math.floor(this.clock / 1000),
      iat_ms: this.clock,
      exp: Math.floor((this.clock + life) / 1000),
      auth_time: Math.floor(this.clock / 1000),
      roles: [],
      pol: name,
    };
    const state = this.state(bare);
    const stamps = policies.map((policy) =>
      state.subject === null ? {} : policy.stamp?.({ ...state, subject: state.subject }),
    );
    const claims: Claims = Object.assign({}, bare, ...stamps);
    if (decide(policies, claims, state) instanceof Refusal) return undefined;
    const token = {
      claims,
      minted: this.moment,
      verdicts: { p: { ...UNREFUSED }, q: { ...UNREFUSED } },
    };
    this.tokens = [...this.tokens.slice(1 - FOLLOWED), token];
    this.happened(undefined);
    return token;
  }

  /** What a strict read gives. */
  state({ sub, sid, jti }: Lookup): AuthState {
    const account = this.account(sub);
    const refs = { token: jti, session: sid, subject: sub };
    return {
      now: this.clock,
      subject: { id: sub, subject: sub, columns: { ...account }, roles: [], permissions: [] },
      denials: this.log.denying.flatMap(({ kind, ref, code, issuedBefore }) =>
        code !== null &&
        (kind === 'token' || kind === 'session' || kind === 'subject') &&
        refs[kind] === ref
          ? [{ kind, ref, code, issuedBefore }]
          : [],
      ),
      deployment: this.deployment,
    };
  }

  page(process: string, cursor: number, limit: number): LogPage {
    return {
      now: this.clock,
      startedAt: this.clock,
      watchingSince: this.watchingSince,
      maxTokenLife: this.maxTokenLife,
      deployment: this.deployment,
      isReplica: false,
      ...this.processes.seenBy(process),
      ...this.log.page(cursor, limit),
    };
  }

  /**
   * The triggers go, or come back. The process that notices writes it down. To make one waits for those who have
   * written to the table, so nobody is left who wrote without it.
   */
  toggleTriggers(): void {
    if (!this.watched) {
      if (this.untold.some(({ isTransactionActive }) => isTransactionActive)) return;
      this.made++;
    }
    this.watched = !this.watched;
  }

  /** A process has seen that they are there again, or are others; or that the log is. */
  notice(): true {
    this.watchingSince = Math.max(this.watchingSince + 1, this.clock);
    this.noticed = this.moment;
    this.happened(undefined);
    return true;
  }

  /** The log alone is that of a backup. A process that had not read further cannot tell. */
  rewind(rows: number): void {
    this.log.lose(rows);
    this.log.setBack(rows);
    for (const { verdicts } of this.tokens) {
      for (const { name } of SETS) {
        const { reasons, last } = verdicts[name];
        verdicts[name] = {
          reasons: reasons.map((reason) => ({ ...reason, isUntold: true })),
          last: last && { ...last, isUntold: true },
        };
      }
    }
    this.happened(undefined);
  }

  repair(): true {
    return this.log.repair(this.clock, this.clock + this.maxTokenLife + GRACE_MS);
  }

  /** Begins a change; without triggers nobody writes of it. */
  begin(rows: readonly NewRow[], apply: () => void, by?: unknown): Transaction {
    const told = this.watched ? rows : rows.filter(({ code }) => code !== null);
    const expiresAt = this.clock + this.maxTokenLife + GRACE_MS;
    const transaction = {
      isTransactionActive: true,
      isReleased: false,
      rows: this.log.written(told, expiresAt),
      apply,
      by,
    };
    if (!this.watched) this.untold.push(transaction);
    return transaction;
  }

  commit(transaction: Transaction): void {
    const { rows, apply, by } = transaction;
    this.log.commit(rows);
    apply();
    this.happened(by, this.untold.includes(transaction));
  }

  bump(sub: string): void {
    const account = this.account(sub);
    this.accounts.set(sub, { ...account, version: account.version + 1 });
  }

  setStatus(sub: string, status: Account['status']): void {
    this.accounts.set(sub, { ...this.account(sub), status });
  }

  renewGeneration(): void {
    this.deployment = { ...this.deployment, generation: `g${++this.generations}` };
  }

  endIssuedBefore(instant: number): void {
    const issuedBefore = Math.max(this.deployment.issuedBefore, instant);
    this.deployment = { ...this.deployment, issuedBefore };
  }

  withdrawKey(kid: string): void {
    const withdrawnKeys = new Set([...this.deployment.withdrawnKeys, kid]);
    this.deployment = { ...this.deployment, withdrawnKeys };
  }

  backup(): Backup {
    const { order, deployment } = this;
    return { order, log: this.log.backup(), accounts: new Map(this.accounts), deployment };
  }

  /** Another server takes over that has only got this far; what it does not know never was. */
  failOver({ order, log, accounts, deployment }: Backup): void {
    this.log.restore(log);
    this.accounts = new Map(accounts);
    this.deployment = deployment;
    this.tokens = this.tokens.filter(({ minted }) => minted.order < order);
    // What it brings back may be what no row told of in the first place.
    this.happened(undefined, this.untold.length > 0);
  }

  /** Something happened that may change what is refused. */
  happened(by: unknown, isUntold = false): void {
    this.order++;
    const now = { ...this.moment, by, isUntold };
    for (const { claims, verdicts } of this.tokens) {
      const state = this.state(claims);
      for (const { name, policies } of SETS) {
        const verdict = verdicts[name];
        // Each on its own: a process may know that one reason is gone and not yet that another came.
        const reasons = refusing(policies, claims, state).map(
          (reason) =>
            verdict.reasons.find((known) => known.reason === reason) ?? {
              ...now,
              reason,
              wasTold: !isUntold,
            },
        );
        if (reasons.length === 0 && verdict.reasons.length > 0) verdict.last = now;
        verdict.reasons = reasons;
      }
    }
  }

  private account(sub: string): Account {
    return this.accounts.get(sub) ?? { version: 0, status: 'active' };
  }
}

/**
 * What refuses a token: policies, by name, its key where that was withdrawn, and each denial by itself: of
 * two that one policy enforces, one may be lost with the log, and the other is news.
 */
function refusing(policies: PolicySet['policies'], claims: Claims, state: AuthState): string[] {
  const { subject, deployment, denials } = state;
  if (subject === null) return ['no account'];
  const names = (given: Partial<AuthState>) =>
    policies
      .filter((policy) => policy.judge(claims, { ...state, ...given, subject }) !== undefined)
      .map(({ name }) => name);
  // As if nobody had ever revoked everybody.
  const untouched = { ...deployment, issuedBefore: 0, generation: String(claims['gen']) };
  const without = names({ denials: [], deployment: untouched });
  const denied = denials.flatMap((denial) =>
    names({ denials: [denial], deployment: untouched })
      .filter((name) => !without.includes(name))
      .map((name) => `${name}, ${denial.kind} ${denial.ref} ${denial.issuedBefore}`),
  );
  const key = keyWithdrawn(claims, deployment) === undefined ? [] : ['key'];
  return [...names({ denials: [] }), ...denied, ...key];
}
