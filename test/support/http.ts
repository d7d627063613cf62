/** Requests over real HTTP. */

export const ADAPTERS = ['express', 'fastify'] as const;
export type AdapterName = (typeof ADAPTERS)[number];

export interface Sent {
  /** Default GET. */
  readonly method?: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is undefined. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: NonNullable<RequestInit['body']>;
  readonly redirect?: RequestInit['redirect'];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed JSON, or the text; undefined where there is none. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export async function send(
  url: string,
  { method = 'GET', token, headers: given, json, body, redirect = 'follow' }: Sent = {},
): Promise<Answer> {
  const headers = new Headers(given);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (json !== undefined) headers.set('content-type', 'application/json');
  const content = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(url, { method, headers, redirect, body: content ?? null });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
