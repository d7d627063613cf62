import type { ApiResponseOptions } from '@nestjs/swagger';

export type Schema = Extract<ApiResponseOptions, { readonly schema: unknown }>['schema'];

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const textOrNull: Schema = { type: 'string', nullable: true };

export const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
});
const complete = (properties: Record<string, Schema>): Schema => ({
  ...object(properties),
  required: Object.keys(properties),
});

export const REFUSAL = complete({
  statusCode: { type: 'integer' },
  error: text,
  code: text,
  message: text,
});

export const REFRESH_BODY = complete({ refreshToken: text });

/** Nothing is required: an access token or a cookie is enough. */
export const LOGOUT_BODY = object({ refreshToken: text });

export const TOKEN_PAIR = complete({
  accessToken: text,
  tokenType: { type: 'string', enum: ['Bearer'] },
  expiresIn: { type: 'integer', description: 'Seconds.' },
  refreshToken: { type: 'string', description: 'Good for one use.' },
  sessionId: text,
});

export const SESSION_LIST: Schema = {
  type: 'array',
  items: complete({
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
