import type { Type } from '@nestjs/common';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { optionalPeer } from '../../validation/optional-peer.js';
import { REFUSAL, type Schema } from './schemas.js';

/** The description of one route. */
export interface RouteDescription {
  readonly summary: string;
  /** The schema of the 200 answer. Default: the answer is a 204. */
  readonly answer?: Schema;
  /** The schema of the body. */
  readonly body?: Schema;
  /** The codes of the refusals, by status; 503 is always among them, and 401 unless the route is public. */
  readonly refusals?: Readonly<Record<number, string>>;
  /** The route needs no access token. `'or token'`: but it makes use of one. */
  readonly isPublic?: true | 'or token';
  /** The route has the query parameter `?visibility=everywhere`. */
  readonly visibility?: true;
}

/**
 * Keeps the description of a route. @nestjs/swagger is an optional peer and is loaded later, so its own
 * decorators cannot stand at the routes.
 */
export const OpenApi = Reflector.createDecorator<RouteDescription>();

/** The refusals of every route that needs an access token. */
const UNAUTHORIZED =
  'token_missing, token_malformed, token_expired, token_invalid, account_deleted, account_disabled, ' +
  'token_revoked, session_ended, credentials_changed, token_superseded';

/**
 * Applies the decorators of @nestjs/swagger to routes with {@link OpenApi}, if the application has that package.
 * It runs at boot, before any document can be asked for.
 *
 * @param controllers by their tag
 */
export async function describeForOpenApi(
  controllers: Readonly<Record<string, Type>>,
): Promise<void> {
  const swagger = await optionalPeer('@nestjs/swagger', () => import('@nestjs/swagger'));
  if (swagger === undefined) return;
  const { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiSecurity, ApiTags } =
    swagger;
  const reflector = new Reflector();

  const decoratorsOf = (route: RouteDescription): MethodDecorator[] => {
    const { summary, answer, body, isPublic, visibility } = route;
    const refusals = {
      ...(isPublic ? {} : { 401: UNAUTHORIZED }),
      ...route.refusals,
      503: 'auth_unavailable',
    };
    return [
      ApiOperation({ summary }),
      answer === undefined
        ? ApiResponse({ status: 204, description: 'Done.' })
        : ApiResponse({ status: 200, schema: answer, description: '' }),
      ...Object.entries(refusals).map(([status, description]) =>
        ApiResponse({ status: Number(status), schema: REFUSAL, description }),
      ),
      ...(isPublic === true ? [] : [ApiBearerAuth()]),
      // An empty requirement beside it: without one too (OpenAPI 3.0, Security Requirement Object).
      ...(isPublic === 'or token' ? [ApiSecurity({})] : []),
      ...(body === undefined ? [] : [ApiBody({ schema: body, required: 'required' in body })]),
      ...(visibility
        ? [ApiQuery({ name: 'visibility', required: false, enum: ['everywhere'] })]
        : []),
    ];
  };

  for (const [tag, controller] of Object.entries(controllers)) {
    const { prototype } = controller;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      const route = descriptor && reflector.get(OpenApi, descriptor.value);
      if (descriptor === undefined || route === undefined) continue;
      for (const decorate of decoratorsOf(route)) decorate(prototype, name, descriptor);
    }
    ApiTags(tag)(controller);
  }
}
