import { createHash, timingSafeEqual } from 'node:crypto';

/** A service that may introspect and revoke tokens. */
export interface OAuthClient {
  readonly id: string;
  /** At least 32 random bytes, encoded as text. */
  readonly secret: string;
}

/** Why a client was not authenticated (RFC 6749 §5.2). */
export type ClientFault =
  /** Its credentials are missing or wrong. */
  | 'invalid_client'
  /** It authenticates in two ways at once, or sends a parameter twice. */
  | 'invalid_request';

/** The parts of a request that can hold credentials. */
export interface ClientRequest {
  readonly authorization: string | readonly string[] | undefined;
  /** The parameters of the form. */
  readonly form: Readonly<Record<string, unknown>>;
}

/** No credentials are nearly as long. */
const LONGEST = 2_048;

/** Authenticates clients by their secrets (RFC 6749 §2.3.1). */
export class OAuthClients {
  /** Digests of the secrets, by client id. They have one length, so they can be compared in constant time. */
  private readonly digests: ReadonlyMap<string, Buffer>;

  constructor(clients: readonly OAuthClient[]) {
    this.digests = new Map(clients.map(({ id, secret }) => [id, digest(secret)]));
  }

  /** The id of the client that made a request. */
  authenticate({ authorization, form }: ClientRequest): { readonly id: string } | ClientFault {
    const { client_id: id, client_secret: secret } = form;
    if (authorization === undefined) {
      return typeof id === 'string' && typeof secret === 'string'
        ? this.check(id, secret)
        : 'invalid_client';
    }
    // RFC 6749 §2.3: only one way per request. A client_id alone is not a second way.
    if (typeof authorization !== 'string' || secret !== undefined) return 'invalid_request';
    const basic = basicCredentials(authorization);
    if (basic === undefined) return 'invalid_client';
    return id === undefined || id === basic.id
      ? this.check(basic.id, basic.secret)
      : 'invalid_request';
  }

  private check(id: string, secret: string): { readonly id: string } | ClientFault {
    const known = this.digests.get(id);
    // Unknown clients are compared too: the time must not tell which ids exist.
    const same = timingSafeEqual(digest(secret), known ?? NOBODY);
    return known !== undefined && same ? { id } : 'invalid_client';
  }
}

const NOBODY = Buffer.alloc(32);

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** RFC 7617 §2, with each part form-encoded first (RFC 6749 §2.3.1). */
function basicCredentials(header: string): { id: string; secret: string } | undefined {
  if (header.length > LONGEST || header.slice(0, 6).toLowerCase() !== 'basic ') return undefined;
  const text = Buffer.from(header.slice(6), 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  try {
    return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
