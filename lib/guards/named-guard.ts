import { Inject, Injectable, type Type } from '@nestjs/common';
import { Authenticator } from '../transport/authenticator.js';
import { authToken, DEFAULT_REALM } from '../injection.js';
import type { JwtAuthGuard } from './jwt-auth.guard.js';

const made = new WeakMap<Type<JwtAuthGuard>, Map<string, Type<JwtAuthGuard>>>();

/**
 * A guard class for one realm. Kept, because Nest knows a guard by its class:
 * two classes of one name would be two guards, and overriding one in a test would miss the other.
 */
export function namedGuard(base: Type<JwtAuthGuard>, realm: string): Type<JwtAuthGuard> {
  if (realm === DEFAULT_REALM) return base;
  let ofBase = made.get(base);
  if (ofBase === undefined) made.set(base, (ofBase = new Map()));
  let guard = ofBase.get(realm);
  if (guard === undefined) ofBase.set(realm, (guard = make(base, realm)));
  return guard;
}

function make(base: Type<JwtAuthGuard>, realm: string): Type<JwtAuthGuard> {
  @Injectable()
  class NamedGuard extends base {}
  // As a decorator on the first parameter would: the base's constructor stays the only one.
  Inject(authToken(Authenticator, realm))(NamedGuard, undefined, 0);
  Object.defineProperty(NamedGuard, 'name', { value: `${base.name}(${realm})` });
  return NamedGuard;
}
