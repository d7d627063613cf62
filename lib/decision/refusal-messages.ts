/** What a refusal of an access token says to people, by its code. */
export const MESSAGES = {
  token_missing: 'No access token was sent.',
  token_malformed: 'The access token is not a JWT of this application.',
  token_expired: 'The access token has expired.',
  token_invalid: 'The access token is not valid for this application.',
  refresh_reused: 'The refresh token was used before. Its session has ended.',
  token_revoked: 'The access token was revoked.',
  session_ended: 'The session of this access token has ended.',
  account_disabled: 'The account is not active.',
  account_deleted: 'The account of this access token does not exist.',
  credentials_changed: 'The credentials of the account changed after this access token was issued.',
  token_superseded: 'A newer sign-in or a change to the account replaced this access token.',
} as const;

/** What a refusal of a refresh token says, if it differs. */
export const REFRESH_MESSAGES = {
  token_invalid: 'The refresh token is not from this application.',
  session_ended: 'The session of this refresh token has ended.',
  credentials_changed:
    'The credentials of the account changed. Use the tokens that were issued with the change.',
} as const;
