import { expect } from 'vitest';
import { type Answer as AnyAnswer, send } from '../../support/http.js';

type Members = Readonly<Record<string, unknown>>;

/** An answer whose body is an object; a list is under `items`. */
export interface Answer extends AnyAnswer {
  readonly body: Members;
  readonly items: readonly Members[];
}

/** Makes requests over real HTTP, with a token or without one. */
export class Client {
  constructor(
    readonly url: string,
    readonly token?: string,
    readonly sessionId?: string,
  ) {}

  readonly get = (path: string) => this.send('GET', path);
  readonly post = (path: string, body?: unknown) => this.send('POST', path, body);
  readonly patch = (path: string, body?: unknown) => this.send('PATCH', path, body);
  readonly delete = (path: string) => this.send('DELETE', path);

  /** Somebody else's token, or none. */
  holding(token: string | undefined): Client {
    return new Client(this.url, token);
  }

  async login(email: string, password: string): Promise<Client> {
    const { status, body } = await this.holding(undefined).post('/auth/login', { email, password });
    expect(status, JSON.stringify(body)).toBe(200);
    return new Client(this.url, String(body['accessToken']), String(body['sessionId']));
  }

  async send(method: string, path: string, body?: unknown): Promise<Answer> {
    return answerOf(await send(this.url + path, { method, token: this.token, json: body }));
  }
}

export function answerOf({ body, ...answer }: AnyAnswer): Answer {
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
  const content: unknown = isJson ? body : {};
  return {
    ...answer,
    body: Array.isArray(content) ? {} : Object(content),
    items: Array.isArray(content) ? content : [],
  };
}

/**
 * Checks a refusal to the letter: exactly the four members of an error, and the challenge.
 *
 * @param sent whether a token was sent, where the code alone does not tell
 */
export function expectRefusal(
  answer: Answer,
  status: number,
  code: string,
  sent: 'token' | 'nothing' = code === 'invalid_credentials' ? 'nothing' : 'token',
): void {
  const { error, message } = answer.body;
  expect(answer.body).toEqual({ statusCode: status, error, code, message });
  expect(answer.status).toBe(status);
  expect(message).toEqual(expect.any(String));
  const challenge = answer.headers.get('www-authenticate');
  if (code === 'token_missing' || (status === 401 && sent === 'nothing')) {
    expect(challenge).toBe('Bearer');
  } else if (status === 401) {
    expect(challenge).toMatch(/^Bearer error="invalid_token", error_description="[^"]+"$/);
  } else if (code === 'insufficient_role') {
    expect(challenge).toMatch(/^Bearer error="insufficient_scope"/);
  } else expect(challenge).toBeNull();
  if (status === 429 || status === 503) {
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }
}
