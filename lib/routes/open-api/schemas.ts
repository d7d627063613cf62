/**
 * A Schema Object of OpenAPI 3.0, as far as it is used here. The type of @nestjs/swagger would be in this package's
 * declarations, and the package is optional.
 */
export interface Schema {
  type?: 'array' | 'boolean' | 'integer' | 'object' | 'string';
  format?: 'date-time' | 'uri';
  description?: string;
  enum?: string[];
  nullable?: boolean;
  default?: unknown;
  maxLength?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
}

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const texts: Schema = { type: 'array', items: text };
const uri: Schema = { type: 'string', format: 'uri' };
const seconds: Schema = { type: 'integer', description: 'Seconds.' };
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

/** RFC 6749 §5.2, with the members that every refusal has. */
export const OAUTH_REFUSAL = complete({
  error: text,
  error_description: text,
  statusCode: { type: 'integer' },
  code: text,
  message: text,
});

/** RFC 7662 §2.1, RFC 7009 §2.1. */
export const TOKEN_FORM: Schema = {
  ...object({
    token: text,
    token_type_hint: text,
    client_id: { type: 'string', description: 'Without HTTP Basic.' },
    client_secret: { type: 'string', description: 'Without HTTP Basic.' },
  }),
  required: ['token'],
};

/** RFC 7662 §2.2. */
export const INTROSPECTION: Schema = {
  ...object({
    active: { type: 'boolean', description: 'If it is false, there is nothing else.' },
    token_type: { type: 'string', enum: ['Bearer'] },
    iss: text,
    aud: text,
    client_id: text,
    sub: text,
    jti: text,
    sid: text,
    iat: seconds,
    exp: seconds,
    auth_time: seconds,
    roles: texts,
  }),
  required: ['active'],
  // The application's own claims.
  additionalProperties: true,
};

/** RFC 6749 §6. */
export const GRANT_FORM: Schema = {
  ...object({
    grant_type: { type: 'string', enum: ['refresh_token'] },
    refresh_token: text,
    client_id: { type: 'string', description: 'Not checked.' },
  }),
  required: ['grant_type', 'refresh_token'],
};

/** RFC 6749 §5.1. */
export const GRANTED = complete({
  access_token: text,
  token_type: { type: 'string', enum: ['Bearer'] },
  expires_in: seconds,
  refresh_token: { type: 'string', description: 'Good for one use.' },
});

/** RFC 7517 §5. The members of a key depend on its type. */
export const KEY_SET = complete({
  keys: {
    type: 'array',
    items: {
      ...complete({ kty: text, kid: text, alg: text, use: text }),
      additionalProperties: true,
    },
  },
});

/** RFC 8414 §2. */
export const SERVER_METADATA: Schema = {
  ...object({
    issuer: uri,
    jwks_uri: uri,
    token_endpoint: uri,
    token_endpoint_auth_methods_supported: texts,
    response_types_supported: texts,
    grant_types_supported: texts,
    introspection_endpoint: uri,
    introspection_endpoint_auth_methods_supported: texts,
    revocation_endpoint: uri,
    revocation_endpoint_auth_methods_supported: texts,
    protected_resources: { type: 'array', items: uri },
  }),
  required: ['issuer', 'response_types_supported', 'grant_types_supported', 'protected_resources'],
};

/** RFC 9728 §2. */
export const RESOURCE_METADATA = complete({
  resource: uri,
  authorization_servers: { type: 'array', items: uri },
  bearer_methods_supported: texts,
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
