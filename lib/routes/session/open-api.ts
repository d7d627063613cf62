import type { Type } from '@nestjs/common';
import { ADMIN, BEARER, OWN, REFRESH, REFUSAL, type RouteText } from './route-texts.js';

/** An optional peer. */
type Swagger = typeof import('@nestjs/swagger');

/** The routes that there are. */
export interface DescribedControllers {
  readonly own: Type;
  readonly admin?: Type;
}

/**
 * Describes the routes for OpenAPI where the application has @nestjs/swagger. Its decorators are applied
 * by hand and not where the routes are, so that nothing needs it; and before any document can be asked
 * for, since a document is made of an application that has been put together.
 */
export async function describeForOpenApi({ own, admin }: DescribedControllers): Promise<void> {
  const swagger = await swaggerIfThere();
  if (swagger === undefined) return;
  describe(swagger, own, 'refresh', REFRESH);
  for (const [name, route] of Object.entries(OWN)) describe(swagger, own, name, bearer(route));
  tag(own, swagger.ApiTags('auth'));
  if (admin === undefined) return;
  for (const [name, route] of Object.entries(ADMIN)) describe(swagger, admin, name, bearer(route));
  tag(admin, swagger.ApiTags('admin'));
}

async function swaggerIfThere(): Promise<Swagger | undefined> {
  try {
    return await import('@nestjs/swagger');
  } catch {
    return undefined;
  }
}

function bearer(route: RouteText): RouteText & { readonly bearer: true } {
  return { ...route, refuses: { 401: BEARER, ...route.refuses }, bearer: true };
}

function describe(
  swagger: Swagger,
  controller: Type,
  name: string,
  route: RouteText & { readonly bearer?: true },
): void {
  const { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse } = swagger;
  const { takes, answers, refuses, visibility } = route;
  const [status, schema] = answers;
  const refusals = Object.entries({ ...refuses, 503: 'auth_unavailable' });
  const decorators = [
    ApiOperation({ summary: route.does }),
    schema === undefined
      ? ApiResponse({ status, description: 'Done.' })
      : ApiResponse({ status, schema, description: '' }),
    ...refusals.map(([code, description]) =>
      ApiResponse({ status: Number(code), schema: REFUSAL, description }),
    ),
    ...(route.bearer ? [ApiBearerAuth()] : []),
    ...(takes === undefined ? [] : [ApiBody({ schema: takes, required: 'required' in takes })]),
    ...(visibility
      ? [ApiQuery({ name: 'visibility', required: false, enum: ['everywhere'] })]
      : []),
  ];
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name);
  if (descriptor === undefined) throw new Error(`There is no route "${name}" to describe.`);
  for (const decorate of decorators) decorate(controller.prototype, name, descriptor);
}

function tag(controller: Type, decorate: ClassDecorator): void {
  decorate(controller);
}
