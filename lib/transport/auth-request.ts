/**
 * What is authenticated. It carries the token, the decision is remembered for it, and it gets the principal. On HTTP
 * it is the request of Express or Fastify. An {@link AuthTransport} says what it is elsewhere.
 */
export interface AuthRequest {
  readonly method?: string;
  /** Its own object for each request: a decision is remembered by it. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values as they were sent, one after the other. */
  readonly rawHeaders?: readonly string[];
  /** Node's own request, if the adapter wraps it. */
  readonly raw?: { readonly rawHeaders?: readonly string[] };
  /** `'https'` or `'http'`, by the application's setting for trusted proxies. */
  readonly protocol?: string;
  /** Path and query string, as they were sent. */
  readonly url?: string;
  /** Where the guards put the principal. */
  user?: unknown;
}

/** What the library uses of a response of Express or Fastify. An optional property exists on one of them only. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headersSent?: boolean;
  readonly sent?: boolean;
  readonly raw?: { readonly headersSent: boolean };
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
  appendHeader?(name: string, value: string): unknown;
}
