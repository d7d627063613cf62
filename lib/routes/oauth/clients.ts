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

/** Real credentials are much shorter. */
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
    const id = parameter(form, 'client_id');
    const secret = parameter(form, 'client_secret');
    if (id === SEVERAL || secret === SEVERAL) return 'invalid_request';
    if (authorization === undefined) {
      return id !== undefined && secret !== undefined ? this.check(id, secret) : 'invalid_client';
    }
    // RFC 6749 §2.3: only one way per request. A client_id alone is not a second way.
    if (typeof authorization !== 'string' || secret !== undefined) return 'invalid_request';
    const readings = basicCredentials(authorization);
    if (readings.length === 0) return 'invalid_client';
    const meant = readings.filter((basic) => id === undefined || id === basic.id);
    if (meant.length === 0) return 'invalid_request';
    // Every reading is checked, so that the time does not show which one is right.
    const found = meant.map((basic) => this.check(basic.id, basic.secret));
    return found.find((one) => typeof one !== 'string') ?? 'invalid_client';
  }

  private check(id: string, secret: string): { readonly id: string } | ClientFault {
    const known = this.digests.get(id);
    // Unknown clients are compared too: the time must not show which ids exist.
    const same = timingSafeEqual(digest(secret), known ?? NOBODY);
    return known !== undefined && same ? { id } : 'invalid_client';
  }
}

const NOBODY = Buffer.alloc(32);
export const SEVERAL = Symbol('several');

/** RFC 6749 §3.2: a parameter without a value counts as left out. One that is sent twice arrives as a list. */
export function parameter(
  form: ClientRequest['form'],
  name: string,
): string | undefined | typeof SEVERAL {
  const value = Object.hasOwn(form, name) ? form[name] : undefined;
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : SEVERAL;
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/**
 * The credentials of HTTP Basic, in both readings. Most clients, such as curl, send them as they are (RFC 7617 §2).
 * OAuth encodes each part as in a form first (RFC 6749 §2.3.1). The readings differ if a part has a `+` or a `%`.
 */
function basicCredentials(header: string): readonly OAuthClient[] {
  if (header.length > LONGEST || header.slice(0, 6).toLowerCase() !== 'basic ') return [];
  const text = Buffer.from(header.slice(6), 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return [];
  const raw = { id: text.slice(0, colon), secret: text.slice(colon + 1) };
  try {
    return [raw, { id: formDecoded(raw.id), secret: formDecoded(raw.secret) }];
  } catch {
    return [raw];
  }
}

function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
