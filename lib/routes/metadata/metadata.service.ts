import type { TokenLocation } from '../../transport/token-location.settings.js';
import { REFRESH_GRANT } from '../oauth/token-endpoint.js';
import type { MetadataIdentifiers } from './identifiers.js';

/** Where the application serves the library's endpoints: paths from its root. `undefined`: no such endpoint. */
export interface EndpointPaths {
  readonly jwks?: string | undefined;
  readonly token?: string | undefined;
  readonly introspection?: string | undefined;
  readonly revocation?: string | undefined;
}

/** Both ways of RFC 6749 §2.3.1. */
const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post'];
/** RFC 6750 §2.3: the only name that a client can know. */
const QUERY_PARAMETER = 'access_token';

/**
 * The metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728). It names only what the
 * application serves. A member is also written if its default would be wrong.
 */
export class MetadataService {
  constructor(
    private readonly parts: {
      readonly identifiers: MetadataIdentifiers;
      /** Asked for once the application listens, when its global prefix is known. */
      readonly endpoints: () => EndpointPaths;
      readonly from: TokenLocation;
      /** Whether the token endpoint trades refresh tokens. */
      readonly refreshes: boolean;
    },
  ) {}

  /** RFC 8414 §2. */
  authorizationServer(): object {
    const { identifiers, endpoints, refreshes } = this.parts;
    const { jwks, token, introspection, revocation } = endpoints();
    const at = (path: string) => identifiers.baseUrl + path;
    const hasToken = token !== undefined && refreshes;
    return {
      issuer: identifiers.issuer,
      ...(jwks !== undefined && { jwks_uri: at(jwks) }),
      ...(hasToken && {
        token_endpoint: at(token),
        token_endpoint_auth_methods_supported: ['none'],
      }),
      // There is no authorization endpoint: people sign in at the application's own login route.
      response_types_supported: [],
      grant_types_supported: hasToken ? [REFRESH_GRANT] : [],
      ...(introspection !== undefined && {
        introspection_endpoint: at(introspection),
        introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
      }),
      ...(revocation !== undefined && {
        revocation_endpoint: at(revocation),
        revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
      }),
      // RFC 9728 §4.
      protected_resources: [identifiers.resource],
    };
  }

  /** RFC 9728 §2. Without `jwks_uri`: that is for keys of the resource itself, and it has none. */
  protectedResource(): object {
    const { identifiers, from } = this.parts;
    return {
      resource: identifiers.resource,
      authorization_servers: [identifiers.issuer],
      bearer_methods_supported: [
        ...(from.header === true ? ['header'] : []),
        ...(from.query === QUERY_PARAMETER ? ['query'] : []),
      ],
    };
  }
}
