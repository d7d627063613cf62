/** What anybody can see of one session from outside, and what must come of each use of its tokens. */

/** How the sessions of the model live, in milliseconds. */
export interface Lives {
  readonly leewayMs: number;
  readonly idleMs: number;
  readonly maxMs: number;
}

interface Given {
  readonly text: string;
  /** When it was traded for the next one. */
  usedAt?: number;
  /** The next one came of new credentials: nobody is handed it twice. */
  replaced?: boolean;
  /** A cleaner came by after the leeway: a clock that is set back brings nothing back. */
  forgotten?: boolean;
}

/** Reasons to refuse, any of which may be told. */
type Codes = readonly string[];

const ACCEPTED: Codes = ['accepted'];
/** How far a clock may be set back within a leeway. */
const CLOCK_STEP_MS = 1_000;
/** For how long tokens from before new credentials are no alarm. */
const REPLACED_MS = 10_000;

export class SessionModel {
  private readonly given: Given[];
  private readonly end: number;
  private idleEnd: number;
  private ended = false;
  private isDisabled = false;
  private isBumped = false;
  /** The password that the account has, and the one that the session was stamped with, counted. */
  private passwords = 0;
  private stamped = 0;

  constructor(
    private readonly lives: Lives,
    first: string,
    now: number,
  ) {
    this.given = [{ text: first }];
    this.end = now + lives.maxMs;
    this.idleEnd = now + lives.idleMs;
  }

  /** The index of the token that counts. */
  get newest(): number {
    return this.given.length - 1;
  }

  /** Its text. */
  get current(): string {
    return this.text(this.newest);
  }

  text(index: number): string {
    return this.at(index).text;
  }

  /** What must come of using the token of this index now. */
  expected(index: number, now: number): Codes {
    if (this.isOver(now)) return ['session_ended'];
    if (index === this.newest) return this.judged(now, now + this.lives.idleMs);
    const before = this.at(this.newest - 1);
    const used = before.usedAt ?? NaN;
    const within = (length: number) =>
      !before.forgotten && used - CLOCK_STEP_MS <= now && now <= used + length;
    if (before.replaced && within(REPLACED_MS)) return ['credentials_changed'];
    const isPrevious = index === this.newest - 1 && !before.replaced;
    if (isPrevious && this.lives.leewayMs > 0 && within(this.lives.leewayMs)) {
      return this.judged(now, this.idleEnd);
    }
    return ['refresh_reused'];
  }

  /** It came, with this token where it was accepted; says what is wrong with that. */
  used(index: number, now: number, code: string, successor: string): string | undefined {
    if (code === 'refresh_reused') this.ended = true;
    if (code !== 'accepted') return undefined;
    if (index !== this.newest) {
      return successor === this.current ? undefined : 'a second successor';
    }
    this.at(index).usedAt = now;
    this.push(successor, now);
    return undefined;
  }

  /** What must come of changing the password and keeping this session. */
  expectedOfKeeping(now: number): Codes {
    if (this.isOver(now)) return ['session_ended'];
    const refusals = this.status();
    return refusals.length > 0 ? refusals : this.closing(now, now + this.lives.idleMs);
  }

  kept(successor: string, now: number): void {
    const before = this.at(this.newest);
    before.usedAt = now;
    before.replaced = true;
    this.stamped = ++this.passwords;
    this.push(successor, now);
  }

  /** The password that access tokens are stamped with now. */
  get password(): number {
    return this.passwords;
  }

  /** What must come of a request with an access token that has not expired, stamped with this password. */
  expectedOfRequest(password: number): Codes {
    const refusals = [...this.status()];
    if (password !== this.passwords) refusals.push('credentials_changed');
    if (this.ended) refusals.push('session_ended');
    return refusals.length > 0 ? refusals : ACCEPTED;
  }

  /** Whether there was still something to log out of. */
  loggedOut(now: number): boolean {
    const was = !this.isOver(now);
    this.ended = this.ended || was;
    return was;
  }

  toggled(): boolean {
    this.isDisabled = !this.isDisabled;
    return this.isDisabled;
  }

  bumped(): void {
    this.isBumped = true;
  }

  passwordChanged(): void {
    this.passwords++;
  }

  cleaned(now: number): void {
    const before = this.given.at(-2);
    if (before?.usedAt === undefined || this.ended) return;
    const length = before.replaced ? REPLACED_MS : this.lives.leewayMs;
    if (length > 0 && before.usedAt + length < now) before.forgotten = true;
  }

  /** When it ends if nothing more happens to it. */
  get lastMoment(): number {
    return Math.min(this.idleEnd, this.end);
  }

  isOver(now: number): boolean {
    return this.ended || now >= this.lastMoment;
  }

  private push(text: string, now: number): void {
    this.given.push({ text });
    this.idleEnd = Math.min(now + this.lives.idleMs, this.end);
  }

  private judged(now: number, idleEnd: number): Codes {
    const refusals = [...this.status()];
    if (this.stamped !== this.passwords) refusals.push('credentials_changed');
    return refusals.length > 0 ? refusals : this.closing(now, idleEnd);
  }

  private status(): Codes {
    return [
      ...(this.isDisabled ? ['account_disabled'] : []),
      ...(this.isBumped ? ['token_superseded'] : []),
    ];
  }

  /** Within the last second no access token can be made any more. */
  private closing(now: number, idleEnd: number): Codes {
    const second = Math.floor(Math.min(idleEnd, this.end) / 1000);
    return second <= Math.floor(now / 1000) ? ['session_ended'] : ACCEPTED;
  }

  private at(index: number): Given {
    const given = this.given[index];
    if (given === undefined) throw new Error(`There is no token ${index}.`);
    return given;
  }
}
