import { RequestMethod, type Type } from '@nestjs/common';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { DEFAULT_REALM } from '../../injection.js';
import { optionalPeer } from '../../validation/optional-peer.js';
import { accessSchemes, type Scheme, type TokenCarriers } from './carriers.js';
import { allowsBodies } from '../../transport/token-location.settings.js';
import { REFUSAL, type Schema } from './schemas.js';

export interface RouteDescription {
  readonly summary: string;
  /** The schema of the 200 answer; `'empty'`: it has no body. Default: the answer is a 204. */
  readonly answer?: Schema | 'empty';
  readonly body?: Schema | undefined;
  /** The schema of the form that is the body. */
  readonly form?: Schema;
  /** The codes of the refusals, by status. If a token is needed, 401 is always among them. */
  readonly refusals?: Readonly<Record<number, string | undefined>>;
  /** The schema of the refusals other than 503. Default: that of the library. */
  readonly refusal?: Schema;
  /**
   * What the caller needs. Default `'token'`: an access token. `'client'`: a client secret. `'refresh token'`: in a
   * cookie if one carries it, otherwise in the body.
   */
  readonly credentials?: 'token' | 'optional token' | 'refresh token' | 'client' | 'none';
  /** The answer is the same for everybody, and a client may know it already. */
  readonly isDocument?: true;
  /** Nothing is read for it, so it cannot be unavailable. */
  readonly isConstant?: true;
  /** The route has the query parameter `?visibility=everywhere`. */
  readonly visibility?: true;
}

/** A controller of the library, and its tag. */
export interface TaggedController {
  readonly tag: string;
  readonly controller: Type;
}

/**
 * Keeps the description of a route. @nestjs/swagger is an optional peer and is loaded later, so its own
 * decorators cannot stand at the routes.
 */
export const OpenApi = Reflector.createDecorator<
  RouteDescription | ((carriers: TokenCarriers) => RouteDescription | 'left out')
>();

/** The refusals of every route that needs an access token. */
const UNAUTHORIZED =
  'token_missing, token_malformed, token_expired, token_invalid, account_deleted, account_disabled, ' +
  'token_revoked, session_ended, credentials_changed, token_superseded';

/**
 * Applies the decorators of @nestjs/swagger to routes with {@link OpenApi}, if the application has that package.
 * It runs at boot, before any document can be asked for.
 */
export async function describeForOpenApi(
  realm: string,
  controllers: readonly TaggedController[],
  carriers: TokenCarriers,
): Promise<void> {
  const swagger = await optionalPeer('@nestjs/swagger', () => import('@nestjs/swagger'));
  if (swagger === undefined) return;
  const reflector = new Reflector();
  for (const { tag, controller } of controllers) {
    const { prototype } = controller;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      const given = descriptor && reflector.get(OpenApi, descriptor.value);
      if (descriptor === undefined || given === undefined) continue;
      const route = typeof given === 'function' ? given(carriers) : given;
      const operationId = operationIdOf(realm, controller.name, name);
      const isSafe = Reflect.getMetadata('method', descriptor.value) === RequestMethod.GET;
      const decorators =
        route === 'left out'
          ? [swagger.ApiExcludeEndpoint()]
          : decoratorsOf(swagger, { ...route, operationId, isSafe, carriers });
      for (const decorate of decorators) decorate(prototype, name, descriptor);
    }
    swagger.ApiTags(tag)(controller);
  }
}

/** Unique in the document, even if several realms have the same controllers (OpenAPI 3.0, Operation Object). */
function operationIdOf(realm: string, controller: string, method: string): string {
  const prefix = realm === DEFAULT_REALM ? '' : `${realm.replaceAll(/[^\w-]/g, '_')}_`;
  return `${prefix}${controller}_${method}`;
}

type Swagger = typeof import('@nestjs/swagger');

/** A route, with everything that its description depends on. */
interface ServedRoute extends RouteDescription {
  readonly operationId: string;
  /** Whether its method changes nothing. */
  readonly isSafe: boolean;
  readonly carriers: TokenCarriers;
}

function decoratorsOf(swagger: Swagger, route: ServedRoute): readonly MethodDecorator[] {
  const { ApiBody, ApiConsumes, ApiOperation, ApiQuery } = swagger;
  const { summary, operationId, body, form, visibility } = route;
  const security = securityOf(route);
  return [
    // Also an empty requirement: otherwise a route would have the requirement of the document.
    ApiOperation({ summary, operationId, security: [...security] }),
    ...answersOf(swagger, route),
    ...(body === undefined ? [] : [ApiBody({ schema: body, required: 'required' in body })]),
    ...(form === undefined
      ? []
      : [
          ApiConsumes('application/x-www-form-urlencoded'),
          ApiBody({ schema: form, required: true }),
        ]),
    ...(visibility
      ? [ApiQuery({ name: 'visibility', required: false, enum: ['everywhere'] })]
      : []),
  ];
}

function answersOf(
  { ApiResponse }: Swagger,
  {
    answer,
    refusals = {},
    refusal = REFUSAL,
    credentials = 'token',
    isDocument,
    isConstant,
    isSafe,
    carriers,
  }: ServedRoute,
): readonly MethodDecorator[] {
  const needsToken = credentials === 'token';
  const mayBeForeign = needsToken && !isSafe && carriers.from.cookie !== undefined;
  const forbidden = [refusals[403] ?? [], mayBeForeign ? 'cross_site_request' : []].flat();
  const codes = {
    ...(needsToken ? { 401: UNAUTHORIZED } : {}),
    ...refusals,
    403: forbidden.join(', ') || undefined,
  };
  return [
    answer === undefined
      ? ApiResponse({ status: 204, description: 'Done.' })
      : ApiResponse({
          status: 200,
          description: 'Done.',
          ...(answer === 'empty' ? {} : { schema: answer }),
        }),
    ...(isDocument
      ? [
          ApiResponse({
            status: 304,
            description: 'The client has the current version (If-None-Match).',
          }),
        ]
      : []),
    ...Object.entries(codes).flatMap(([status, description]) =>
      description === undefined
        ? []
        : [ApiResponse({ status: Number(status), schema: refusal, description })],
    ),
    ...(isConstant
      ? []
      : [ApiResponse({ status: 503, schema: REFUSAL, description: 'auth_unavailable' })]),
  ];
}

type Requirement = Partial<Record<Scheme | 'basic', string[]>>;

/** One of the requirements is enough. An empty one: nothing is needed. */
function securityOf({ credentials = 'token', carriers }: ServedRoute): readonly Requirement[] {
  const access = accessSchemes(carriers).map((scheme): Requirement => ({ [scheme]: [] }));
  switch (credentials) {
    case 'token':
      return access;
    case 'optional token':
      return [...access, {}];
    case 'refresh token':
      if (carriers.cookies.refresh === undefined) return [];
      return [{ refresh: [] }, ...(allowsBodies(carriers.from) ? [{}] : [])];
    case 'client':
      // The second: the client may also authenticate in the form.
      return [{ basic: [] }, {}];
    case 'none':
      return [];
  }
}
