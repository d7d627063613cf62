import { AuthConfigurationError } from '../../errors/auth.errors.js';
import { Problems } from '../../validation/problems.js';

/** Who serves the metadata, and for what: three URLs. */
export interface MetadataOptions {
  /**
   * The issuer identifier (RFC 8414 §2). It is `jwt.issuer`, so leave it out with `forRoot`. Beside a factory,
   * repeat it if it has a path: NestJS must know the routes first.
   */
  readonly issuer?: string;
  /**
   * The resource identifier (RFC 9728 §1.2): the URL of this API. Default: `jwt.audience` if that is a URL,
   * otherwise the issuer. Beside a factory, write it if it has a path.
   */
  readonly resource?: string;
  /**
   * Where clients find the root of this application, such as `'https://example.com/app'` behind a proxy that removes
   * `/app`. Default: the origin of the issuer.
   */
  readonly baseUrl?: string;
}

/** The same with their defaults. `baseUrl` has no slash at its end. */
export type MetadataIdentifiers = Required<MetadataOptions>;

/** What the options of `jwt` say about them. */
export interface TokenIdentifiers {
  readonly issuer: string;
  readonly audience: string;
}

/** The two paths, without a slash at their beginning. */
export interface MetadataPaths {
  readonly authorizationServer: string;
  readonly protectedResource: string;
}

const AUTHORIZATION_SERVER = '.well-known/oauth-authorization-server';
const PROTECTED_RESOURCE = '.well-known/oauth-protected-resource';

/** The options, also if a boolean was given; `undefined`: the metadata is not served. */
export function metadataOptions(given: unknown): MetadataOptions | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return {};
  const problems = new Problems();
  if (problems.requireGroup('metadata', given)) {
    problems.unknown<MetadataOptions>('metadata', given, {
      issuer: true,
      resource: true,
      baseUrl: true,
    });
    if (problems.list.length === 0) return given;
  }
  throw new AuthConfigurationError(problems.list);
}

/**
 * Where the documents are. NestJS must know that first. {@link metadataIdentifiers} reports at boot what is wrong with
 * an identifier.
 *
 * @param jwt `undefined`: a factory makes them later
 */
export function metadataPaths(
  options: MetadataOptions,
  jwt: Partial<TokenIdentifiers> | undefined,
): MetadataPaths {
  const issuer = options.issuer ?? jwt?.issuer;
  const resource = options.resource ?? (isUrl(jwt?.audience) ? jwt?.audience : issuer);
  return {
    // RFC 8414 §3.1: between the host and the path, which has no slash at its end.
    authorizationServer: AUTHORIZATION_SERVER + pathOf(issuer).replace(/\/$/, ''),
    // RFC 9728 §3.1: only a slash that stands alone is removed.
    protectedResource: PROTECTED_RESOURCE + pathOf(resource).replace(/^\/$/, ''),
  };
}

/**
 * @param paths where the routes are
 * @throws AuthConfigurationError an identifier is no URL that clients could use, or needs another route
 */
export function metadataIdentifiers(
  options: MetadataOptions,
  { issuer, audience }: TokenIdentifiers,
  paths: MetadataPaths,
): MetadataIdentifiers {
  const resource = options.resource ?? (isUrl(audience) ? audience : issuer);
  const baseUrl = options.baseUrl ?? (isUrl(issuer) ? new URL(issuer).origin : issuer);
  const problems = new Problems();
  if (options.issuer !== undefined && options.issuer !== issuer) {
    problems.add('metadata.issuer: it is not jwt.issuer. Write the same, or leave it out.');
  }
  if (!isIdentifier(issuer)) {
    problems.add(
      "jwt.issuer: metadata needs a URL without a query, such as 'https://auth.example.com', because clients look for it there.",
    );
  }
  if (!isIdentifier(resource) || /.\/$/.test(pathOf(resource))) {
    problems.add(
      "metadata.resource: give the URL of the API, without a query or a slash at its end, such as 'https://api.example.com/v1'.",
    );
  }
  if (!isIdentifier(baseUrl)) {
    problems.add(
      "metadata.baseUrl: give the URL of this application's root, such as 'https://example.com/app'.",
    );
  }
  const meant = metadataPaths(options, { issuer, audience });
  const isElsewhere =
    meant.authorizationServer !== paths.authorizationServer ||
    meant.protectedResource !== paths.protectedResource;
  if (problems.list.length === 0 && isElsewhere) {
    problems.add(
      `metadata: a path in the issuer or the audience decides where it is, and must be known before the factory runs. Write metadata: { issuer: '${issuer}', resource: '${resource}' } beside the factory.`,
    );
  }
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
  return { issuer, resource, baseUrl: baseUrl.replace(/\/$/, '') };
}

/** Where the metadata of a resource is (RFC 9728 §3.1). */
export function resourceMetadataUrl(
  resource: string,
  { protectedResource }: MetadataPaths,
): string {
  return `${new URL(resource).origin}/${protectedResource}`;
}

/**
 * RFC 8414 §2, RFC 9728 §1.2. Literal segments only: Express and Fastify spell parameters and wildcards
 * differently. Plain HTTP is for development.
 */
function isIdentifier(given: unknown): given is string {
  return isUrl(given) && /^https?:\/\/[\w.:[\]-]+(?:\/[\w.~-]+)*\/?$/.test(given);
}

function isUrl(given: unknown): given is string {
  return typeof given === 'string' && /^https?:\/\//.test(given) && URL.canParse(given);
}

function pathOf(given: unknown): string {
  return isUrl(given) ? new URL(given).pathname : '';
}
