import { MESSAGES } from './refusal-messages.js';

/**
 * Why the auth state refuses a request, as stable codes, in order of precedence. When several policies refuse, the
 * first of these codes is reported, whatever the order of the policies.
 */
export const DECISION_CODES = [
  'account_deleted',
  'account_disabled',
  'token_revoked',
  'session_ended',
  'credentials_changed',
  'token_superseded',
] as const;

/** Why the auth state refuses a token. */
export type DecisionCode = (typeof DECISION_CODES)[number];

/** Why a token is refused before any auth state is read. */
export type TokenCode = 'token_missing' | 'token_malformed' | 'token_expired' | 'token_invalid';

/** Why a token is refused: every code of an {@link AuthenticationRefusedException}, which answers 401. */
export type RefusalCode = DecisionCode | TokenCode | 'refresh_reused';

/** A decision that refuses a token. */
export class Refusal<Code extends RefusalCode = RefusalCode> {
  constructor(
    readonly code: Code,
    /** For people. It contains nothing secret, and nothing that the caller sent. */
    readonly message: string = (MESSAGES satisfies Record<RefusalCode, string>)[code],
  ) {}
}

/** The refusal to report when both apply: the code that comes first in {@link DECISION_CODES}. */
export function refusalToReport(
  a: Refusal<DecisionCode> | undefined,
  b: Refusal<DecisionCode> | undefined,
): Refusal<DecisionCode> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return DECISION_CODES.indexOf(a.code) <= DECISION_CODES.indexOf(b.code) ? a : b;
}
