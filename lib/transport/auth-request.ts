/**
 * What is authenticated: what carries the token, what one decision is remembered on, and where the principal
 * goes. On HTTP it is the request, of Express or of Fastify. A {@link AuthTransport} says what it is elsewhere.
 */
export interface AuthRequest {
  readonly method?: string;
  /** Its own object for each request: a decision is remembered by it. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values as they were sent, one after the other. */
  readonly rawHeaders?: readonly string[];
  /** Node's own request, where the adapter wraps it. */
  readonly raw?: { readonly rawHeaders?: readonly string[] };
  /** `'https'` or `'http'`, by the application's setting for trusted proxies. */
  readonly protocol?: string;
  /** Path and query string, as they were sent. */
  readonly url?: string;
  /** Where the guards put the principal. */
  user?: unknown;
}

/** What the library uses of a response; those of Express and Fastify have it, each in its way. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headersSent?: boolean;
  readonly sent?: boolean;
  readonly raw?: { readonly headersSent: boolean };
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
  appendHeader?(name: string, value: string): unknown;
}
