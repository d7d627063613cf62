import type { ExecutionContext } from '@nestjs/common';

/** What the responses of Express and Fastify have, each in its way. */
interface AnyResponse {
  readonly statusCode: number;
  readonly headersSent?: boolean;
  readonly sent?: boolean;
  readonly raw?: { readonly headersSent: boolean };
  header(name: string, value: string): unknown;
  appendHeader?(name: string, value: string): unknown;
}

/** The response's headers, as long as they can still be set. */
export class ResponseHeaders {
  private readonly response: AnyResponse;

  constructor(context: ExecutionContext) {
    this.response = context.switchToHttp().getResponse<AnyResponse>();
  }

  /** Whether headers can still be set: a handler may have answered by itself, or be streaming. */
  get open(): boolean {
    const { headersSent, sent, raw } = this.response;
    return !(headersSent || sent || raw?.headersSent);
  }

  /** Whether the answer is an error, by the status set so far. */
  get isError(): boolean {
    return this.response.statusCode >= 400;
  }

  set(name: string, value: string): void {
    this.response.header(name, value);
  }

  /** RFC 6749 §5.1: no cache may keep an answer that carries a token. */
  forbidStoring(): void {
    this.set('Cache-Control', 'no-store');
  }

  /** Adds a cookie beside those already set. Fastify's `header` adds cookies; Express's replaces them. */
  addCookie(value: string): void {
    if (this.response.appendHeader === undefined) this.response.header('Set-Cookie', value);
    else this.response.appendHeader('Set-Cookie', value);
  }
}
