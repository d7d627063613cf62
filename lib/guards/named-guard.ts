import { Inject, Injectable, type Type } from '@nestjs/common';
import { Authenticator } from '../transport/authenticator.js';
import { authToken, DEFAULT_NAME } from '../injection.js';
import type { JwtAuthGuard } from './jwt-auth.guard.js';

const made = new WeakMap<Type<JwtAuthGuard>, Map<string, Type<JwtAuthGuard>>>();

/**
 * A guard class for a named instance of the module. Kept, because Nest knows a guard by its class:
 * two classes of one name would be two guards, and overriding one in a test would miss the other.
 */
export function namedGuard(base: Type<JwtAuthGuard>, name: string): Type<JwtAuthGuard> {
  if (name === DEFAULT_NAME) return base;
  let ofBase = made.get(base);
  if (ofBase === undefined) made.set(base, (ofBase = new Map()));
  let guard = ofBase.get(name);
  if (guard === undefined) ofBase.set(name, (guard = make(base, name)));
  return guard;
}

function make(base: Type<JwtAuthGuard>, name: string): Type<JwtAuthGuard> {
  @Injectable()
  class NamedGuard extends base {}
  // As a decorator on the first parameter would: the base's constructor stays the only one.
  Inject(authToken(Authenticator, name))(NamedGuard, undefined, 0);
  Object.defineProperty(NamedGuard, 'name', { value: `${base.name}(${name})` });
  return NamedGuard;
}
