import type { HttpResponse } from './auth-request.js';

type HeaderValue = string | number | readonly string[];

/** Node's own response, also below Fastify's. */
export interface RawResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: HeaderValue): unknown;
  appendHeader(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): void;
  writeHead(status: number, ...rest: unknown[]): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Calls `work` right before the headers of a response are sent: by Nest, the handler, a stream, an early flush or an
 * exception filter.
 *
 * @param work sets headers on Node's response; on Fastify's they would come too late
 * @returns `false` if it cannot: a registered transport may have a response that is not Node's
 */
export function beforeHeaders(
  response: HttpResponse,
  work: (raw: RawResponse, status: number) => void,
): boolean {
  const raw = rawOf(response);
  if (raw === undefined) return false;
  const { writeHead } = raw;
  let isDone = false;
  raw.writeHead = (status, ...rest) => {
    if (isDone || raw.headersSent) return writeHead.call(raw, status, ...rest);
    isDone = true;
    const [reason, given] = typeof rest[0] === 'string' ? rest : [undefined, rest[0]];
    take(raw, given);
    work(raw, status);
    return reason === undefined ? writeHead.call(raw, status) : writeHead.call(raw, status, reason);
  };
  return true;
}

/** Calls `work` when the connection or the response is over, sent or not. */
export function onceClosed(response: HttpResponse, work: () => void): void {
  rawOf(response)?.once('close', work);
}

function rawOf(response: HttpResponse): RawResponse | undefined {
  const raw: unknown = response.raw ?? response;
  return isRaw(raw) ? raw : undefined;
}

function isRaw(value: unknown): value is RawResponse {
  return typeof value === 'object' && value !== null && 'writeHead' in value;
}

/** Sets the headers that `writeHead` was given, as Node would: they replace those that were set before. */
function take(raw: RawResponse, given: unknown): void {
  if (Array.isArray(given)) {
    const pairs = Array.from({ length: given.length / 2 }, (_, at) => ({
      name: String(given[2 * at]),
      value: given[2 * at + 1],
    }));
    for (const { name } of pairs) raw.removeHeader(name);
    for (const { name, value } of pairs) raw.appendHeader(name, value);
  } else {
    for (const [name, value] of Object.entries(Object(given))) {
      if (isHeaderValue(value)) raw.setHeader(name, value);
    }
  }
}

function isHeaderValue(value: unknown): value is HeaderValue {
  return typeof value === 'string' || typeof value === 'number' || Array.isArray(value);
}
