/** Requests over real HTTP. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

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
  const said = await response.text();
  return { status: response.status, headers: response.headers, text: said, body: parsed(said) };
}

/** The same to a host by its name, wherever it is: `fetch` lets nobody say another name. Sends no body but JSON. */
export async function sendAs(
  host: string,
  url: string,
  { method = 'GET', headers = {}, json }: Omit<Sent, 'body' | 'redirect' | 'token'> = {},
): Promise<Answer> {
  const content = json === undefined ? '' : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const length = { 'content-length': String(Buffer.byteLength(content)) };
  const asked = request(url, { method, headers: { ...headers, ...type, ...length, host } });
  asked.end(content);
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('No answer.');
  const answered = new Headers();
  const { rawHeaders, statusCode = 0 } = response;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    answered.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  const said = await text(response);
  return { status: statusCode, headers: answered, text: said, body: parsed(said) };
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
