import type { HttpAdapterHost } from '@nestjs/core';
import type { AuthRequest, HttpResponse } from './auth-request.js';

/** Where a request of Fastify keeps its reply; it has no such property itself. */
const REPLY = Symbol('nestjs-revocable-jwt:reply');

/** What is used of Fastify. */
interface Fastify {
  hasRequestDecorator(name: symbol): boolean;
  decorateRequest(name: symbol, value: null): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: { [REPLY]?: object }, reply: object, done: () => void) => void,
  ): unknown;
}

/**
 * Gives each request of Fastify its reply, because Passport gives a strategy only the request. A request of Express
 * has its response already.
 */
export function linkReplies({ httpAdapter }: HttpAdapterHost): void {
  if (httpAdapter?.getType() !== 'fastify') return;
  const fastify: Fastify = httpAdapter.getInstance();
  // One for all AuthModules of an application.
  if (fastify.hasRequestDecorator(REPLY)) return;
  // Declared, so that setting it changes no request's shape.
  fastify.decorateRequest(REPLY, null);
  fastify.addHook('onRequest', (request, reply, done) => {
    request[REPLY] = reply;
    done();
  });
}

/**
 * The response to a request, for code that has no context, such as passport; `undefined` for a request that was made
 * by hand.
 */
export function responseTo(request: object): HttpResponse | undefined {
  const response: unknown = Reflect.get(request, REPLY) ?? Reflect.get(request, 'res');
  return isResponse(response) ? response : undefined;
}

/** The request that a response of Express or Fastify answers; `undefined` for another kind of response. */
export function requestFor(response: object): Pick<AuthRequest, 'headers'> | undefined {
  const request: unknown = Reflect.get(response, 'req') ?? Reflect.get(response, 'request');
  return isRequest(request) ? request : undefined;
}

function isRequest(value: unknown): value is Pick<AuthRequest, 'headers'> {
  return typeof value === 'object' && value !== null && 'headers' in value;
}

function isResponse(value: unknown): value is HttpResponse {
  return typeof value === 'object' && value !== null && 'header' in value;
}
