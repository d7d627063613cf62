import type { ApiResponseOptions } from '@nestjs/swagger';

/** The refusals of every route that takes an access token. */
export const BEARER =
  'token_missing, token_malformed, token_expired, token_invalid, account_deleted, account_disabled, ' +
  'token_revoked, session_ended, credentials_changed, token_superseded';

/** What is to be said of one route. */
export interface RouteText {
  readonly does: string;
  /** The answer when all is well. */
  readonly answers: readonly [status: number, schema?: Schema];
  /** The codes that it refuses with beyond those of its kind, by status. */
  readonly refuses?: Readonly<Record<number, string>>;
  readonly takes?: Schema;
  /** Whether `?visibility=everywhere` is for it. */
  readonly visibility?: true;
}

type Schema = Extract<ApiResponseOptions, { readonly schema: unknown }>['schema'];

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const textOrNull: Schema = { type: 'string', nullable: true };
const some = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });
const all = (properties: Record<string, Schema>): Schema => ({
  ...some(properties),
  required: Object.keys(properties),
});

export const REFUSAL = all({
  statusCode: { type: 'integer' },
  error: text,
  code: text,
  message: text,
});
const PAIR = all({
  accessToken: text,
  tokenType: { type: 'string', enum: ['Bearer'] },
  expiresIn: { type: 'integer', description: 'Seconds.' },
  refreshToken: { type: 'string', description: 'Good for one use.' },
  sessionId: text,
});
const SESSIONS: Schema = {
  type: 'array',
  items: all({
    id: text,
    device: textOrNull,
    ip: textOrNull,
    userAgent: textOrNull,
    createdAt: time,
    lastSeenAt: time,
    expiresAt: { ...time, description: 'When it ends if it is not refreshed.' },
    current: { type: 'boolean', description: 'Whether it is the one that asks.' },
  }),
};

export const OWN: Readonly<Record<string, RouteText>> = {
  logout: { does: 'Ends this session.', answers: [204] },
  logoutAll: {
    does: 'Ends every session of the account, or every other one.',
    answers: [204],
    refuses: { 400: 'invalid_request' },
    takes: some({ keepCurrent: { type: 'boolean', default: false } }),
  },
  sessions: { does: 'The sessions of the account, the newest first.', answers: [200, SESSIONS] },
  end: {
    does: 'Ends one session of the account.',
    answers: [204],
    refuses: { 404: 'not_found' },
  },
};

export const REFRESH: RouteText = {
  does: 'Trades a refresh token for a new pair. A retry within the leeway gets the same one.',
  answers: [200, PAIR],
  takes: all({ refreshToken: text }),
  refuses: {
    400: 'invalid_request',
    401:
      'token_malformed, token_invalid, refresh_reused, session_ended, account_deleted, account_disabled, ' +
      'token_revoked, credentials_changed, token_superseded',
  },
};

export const ADMIN: Readonly<Record<string, RouteText>> = {
  sessions: {
    does: 'The sessions of a user, the newest first.',
    answers: [200, SESSIONS],
    refuses: { 403: 'insufficient_role', 404: 'not_found' },
  },
  logout: {
    does: 'Ends every token and session of a user.',
    answers: [204],
    refuses: { 400: 'invalid_request', 403: 'insufficient_role', 404: 'not_found' },
    takes: some({ reason: { type: 'string', maxLength: 255 } }),
    visibility: true,
  },
  end: {
    does: 'Ends one session, whosever it is.',
    answers: [204],
    refuses: { 400: 'invalid_request', 403: 'insufficient_role', 404: 'not_found' },
    visibility: true,
  },
};
