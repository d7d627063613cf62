import { isRecord } from '../../validation/records.js';
import type { ClientFault, OAuthClients } from './clients.js';
import type { IntrospectionEndpoint } from './introspection-endpoint.js';
import type { RevocationEndpoint } from './revocation-endpoint.js';

/** The body of a request that a client got wrong (RFC 6749 §5.2), with the members of every refusal. */
export interface OAuthErrorBody {
  readonly error: ClientFault;
  readonly error_description: string;
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
}

/** How a request is answered. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined`: none. */
  readonly body: object | undefined;
}

/** A request of a client, as far as it matters here. */
export interface OAuthRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

/** RFC 7662 §2.2, RFC 6749 §5.1: the answers are about tokens. */
const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

const FAULTS: Readonly<Record<ClientFault, { status: number; description: string }>> = {
  invalid_client: { status: 401, description: 'The client is not known, or did not prove itself.' },
  invalid_request: {
    status: 400,
    description: 'Send a form with one "token", and prove the client in one way.',
  },
};

/** The two endpoints for other services; both want a client that proves itself. */
export class OAuthEndpoints {
  constructor(
    private readonly clients: OAuthClients,
    private readonly revocation: RevocationEndpoint,
    private readonly introspection: IntrospectionEndpoint,
  ) {}

  revoke(request: OAuthRequest): Promise<OAuthAnswer> {
    return this.answer(request, async (token, client) => {
      await this.revocation.revoke(token, client);
      return undefined;
    });
  }

  introspect(request: OAuthRequest): Promise<OAuthAnswer> {
    return this.answer(request, (token) => this.introspection.introspect(token));
  }

  private async answer(
    { headers, body }: OAuthRequest,
    act: (token: string, client: string) => Promise<object | undefined>,
  ): Promise<OAuthAnswer> {
    const form = isRecord(body) ? body : {};
    const client = this.clients.authenticate({ authorization: headers['authorization'], form });
    if (typeof client === 'string') return refusal(client);
    const { token } = form;
    // A parameter that stands twice comes as a list (RFC 6749 §3.1: it must not).
    if (typeof token !== 'string' || token === '') return refusal('invalid_request');
    return { status: 200, headers: NO_STORE, body: await act(token, client.id) };
  }
}

function refusal(error: ClientFault): OAuthAnswer {
  const { status, description } = FAULTS[error];
  const body: OAuthErrorBody = {
    error,
    error_description: description,
    statusCode: status,
    code: error,
    message: description,
  };
  // RFC 6749 §5.2: in the scheme that the client may use.
  const challenge = { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' };
  return { status, headers: { ...NO_STORE, ...(status === 401 ? challenge : {}) }, body };
}
