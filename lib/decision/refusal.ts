/**
 * Why a request is turned away, as a stable code, in order of precedence: where several policies
 * refuse, the first of these is reported, whatever the order in which the policies were asked.
 */
export const DECISION_CODES = [
  'account_deleted',
  'account_disabled',
  'token_revoked',
  'session_ended',
  'credentials_changed',
  'token_superseded',
] as const;

/** A refusal that the auth state causes. */
export type DecisionCode = (typeof DECISION_CODES)[number];

/** A refusal that the token alone causes, before any auth state is read. */
export type TokenCode = 'token_missing' | 'token_malformed' | 'token_expired' | 'token_invalid';

/** Every code with which the library answers 401. */
export type RefusalCode = DecisionCode | TokenCode | 'refresh_reused';

/** Why a request is turned away. */
export class Refusal<Code extends RefusalCode = RefusalCode> {
  constructor(
    readonly code: Code,
    /** For people: says what is wrong, names nothing secret and nothing the caller sent. */
    readonly message: string = MESSAGES[code],
  ) {}
}

const MESSAGES: Readonly<Record<RefusalCode, string>> = {
  token_missing: 'No access token was sent.',
  token_malformed: 'The access token is not a JWT of this application.',
  token_expired: 'The access token has expired.',
  token_invalid: 'The access token is not valid here.',
  refresh_reused: 'The refresh token was used before; its session has ended.',
  token_revoked: 'The access token was revoked.',
  session_ended: 'The session of this access token has ended.',
  account_disabled: 'The account is not active.',
  account_deleted: 'No account answers to this access token.',
  credentials_changed: 'The credentials of the account changed after this access token was issued.',
  token_superseded: 'A newer sign-in or a change to the account replaced this access token.',
};

/** The refusal that is reported when both apply: the one whose code comes first in {@link DECISION_CODES}. */
export function weightier(
  a: Refusal<DecisionCode> | undefined,
  b: Refusal<DecisionCode> | undefined,
): Refusal<DecisionCode> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return DECISION_CODES.indexOf(a.code) <= DECISION_CODES.indexOf(b.code) ? a : b;
}
