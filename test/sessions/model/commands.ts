/** What tabs, a thief, a user, an admin, a network and a clock can do to one session. */
import * as fc from 'fast-check';
import type { TokenPair } from 'nestjs-revocable-jwt';
import type { SessionModel } from './session-model.js';
import { claimsOf } from '../../support/tokens.js';

/** The real thing. */
export interface Session {
  /** What came of it: a code, and the tokens where it was accepted. */
  refresh(token: string, holder: number): Promise<Came>;
  keep(): Promise<Came>;
  request(accessToken: string): Promise<string>;
  logout(): Promise<boolean>;
  setDisabled(disabled: boolean): Promise<void>;
  bumpVersion(): Promise<void>;
  changePassword(): Promise<void>;
  clean(): Promise<void>;
  step(ms: number): void;
  now(): number;
}

export interface Came {
  readonly code: string;
  readonly pair?: TokenPair;
}

/** What the holders of tokens have: the index of a refresh token, and an access token. */
export interface Held {
  token: number;
  access: string;
  /** The password that the access token was stamped with. */
  password: number;
}

export interface Play {
  readonly model: SessionModel;
  /** Some tabs, and, last, a thief. */
  readonly holders: readonly Held[];
  /** How often each thing came, so that a play that never gets anywhere is seen. */
  readonly came: Map<string, number>;
}

export const HOLDERS = 4;

/** How far ahead the clock of issue may be, in seconds. */
const ISSUED_AHEAD_SECONDS = 30;
/** For how long a token is good beyond its `exp`, in seconds; the default of `jwt.clockTolerance`. */
const TOLERANCE_SECONDS = 10;

type Command = fc.AsyncCommand<Play, Session>;

function command(name: string, run: (play: Play, session: Session) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

function holderOf({ holders }: Play, index: number): Held {
  const holder = holders[index];
  if (holder === undefined) throw new Error(`There is no holder ${index}.`);
  return holder;
}

function judge(play: Play, code: string, expected: readonly string[]): void {
  play.came.set(code, (play.came.get(code) ?? 0) + 1);
  if (!expected.includes(code)) throw new Error(`came ${code}, not ${expected.join(' or ')}`);
}

function take(play: Play, session: Session, index: number, { code, pair }: Came): void {
  const now = session.now();
  judge(play, code, play.model.expected(index, now));
  const wrong = play.model.used(index, now, code, pair?.refreshToken ?? '');
  if (wrong !== undefined) throw new Error(wrong);
  if (pair !== undefined) requireEnd(play, pair);
}

/** No access token outlives its session. */
function requireEnd({ model }: Play, { accessToken }: TokenPair): void {
  const { exp } = timesOf(accessToken);
  if (!(exp * 1000 <= model.lastMoment)) throw new Error('an access token outlives the session');
}

/** A holder uses its token `times` at once; the answers get lost, or the last one arrives. */
const use = (who: number, times: number, lost: boolean) =>
  command(`use(${who}, ${times}${lost ? ', lost' : ''})`, async (play, session) => {
    const holder = holderOf(play, who);
    const index = holder.token;
    const text = play.model.text(index);
    const all = await Promise.all(Array.from({ length: times }, () => session.refresh(text, who)));
    for (const came of all) take(play, session, index, came);
    const pair = all.at(-1)?.pair;
    if (lost || pair === undefined) return;
    holder.token = play.model.newest;
    holder.access = pair.accessToken;
    holder.password = play.model.password;
  });

/** Tabs share a cookie jar, and a thief looks into it. */
const copy = (from: number, to: number) =>
  command(`copy(${from}, ${to})`, async (play) => {
    Object.assign(holderOf(play, to), holderOf(play, from));
  });

const request = (who: number) =>
  command(`request(${who})`, async (play, session) => {
    const { access, password } = holderOf(play, who);
    const { exp, iat, auth_time } = timesOf(access);
    if (auth_time > iat) throw new Error('a sign-in after its own token');
    const code = await session.request(access);
    const seconds = Math.floor(session.now() / 1000);
    // From a clock that is ahead of this one; over; or what the account and the session say.
    if (iat > seconds + ISSUED_AHEAD_SECONDS) return judge(play, code, ['token_invalid']);
    if (seconds >= exp + TOLERANCE_SECONDS) return judge(play, code, ['token_expired']);
    judge(play, code, play.model.expectedOfRequest(password));
  });

const keep = () =>
  command('changePasswordAndKeep()', async (play, session) => {
    const now = session.now();
    const { code, pair } = await session.keep();
    judge(play, code, play.model.expectedOfKeeping(now));
    if (pair === undefined) return;
    play.model.kept(pair.refreshToken, now);
    requireEnd(play, pair);
  });

const logout = () =>
  command('logout()', async (play, session) => {
    const was = play.model.loggedOut(session.now());
    if ((await session.logout()) !== was) throw new Error(`logout did not say ${was}`);
  });

const disable = () =>
  command('toggleAccount()', (play, session) => session.setDisabled(play.model.toggled()));

const bump = () =>
  command('bumpVersion()', async (play, session) => {
    play.model.bumped();
    await session.bumpVersion();
  });

const change = () =>
  command('changePassword()', async (play, session) => {
    play.model.passwordChanged();
    await session.changePassword();
  });

const clean = () =>
  command('clean()', async (play, session) => {
    await session.clean();
    play.model.cleaned(session.now());
  });

const step = (ms: number) => command(`step(${ms})`, async (_, session) => session.step(ms));

const who = fc.nat({ max: HOLDERS - 1 });
const SECOND = 1_000;
const steps = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 2 * SECOND }) },
  { weight: 4, arbitrary: fc.integer({ min: 9_998, max: 10_002 }) },
  { weight: 2, arbitrary: fc.integer({ min: 3_000, max: 30 * SECOND }) },
  // About the end of an access token, with and without tolerance.
  { weight: 1, arbitrary: fc.integer({ min: 898 * SECOND, max: 912 * SECOND }) },
  // About the idle end, and about what is then left until the absolute one.
  { weight: 2, arbitrary: fc.integer({ min: 3_598 * SECOND, max: 3_602 * SECOND }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_798 * SECOND, max: 1_802 * SECOND }) },
  { weight: 1, arbitrary: fc.integer({ min: -1_002, max: -1 }) },
  { weight: 1, arbitrary: fc.integer({ min: -20 * SECOND, max: -1 }) },
);

/**
 * Mostly uses: the plays are about them.
 *
 * @param replayPath the part of a printed counterexample that picks its commands
 */
export const playsOf = (replayPath?: string) =>
  fc.commands(
    [
      fc.tuple(who, fc.constantFrom(1, 1, 1, 3), fc.boolean()).map((args) => use(...args)),
      fc.tuple(who, fc.constantFrom(1, 1, 2, 5), fc.boolean()).map((args) => use(...args)),
      fc.tuple(who, fc.constant(1), fc.boolean()).map((args) => use(...args)),
      fc.tuple(who, who).map((args) => copy(...args)),
      fc.tuple(who, who).map((args) => copy(...args)),
      steps.map(step),
      steps.map(step),
      who.map(request),
      fc
        .constantFrom(keep, clean, clean, logout, disable, disable, bump, change)
        .map((made) => made()),
    ],
    { maxCommands: 16, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) },
  );

function timesOf(accessToken: string): Record<'iat' | 'auth_time' | 'exp', number> {
  const { iat, auth_time, exp } = claimsOf(accessToken);
  return { iat: Number(iat), auth_time: Number(auth_time), exp: Number(exp) };
}
