import type { Type } from '@nestjs/common';
import {
  type AccessDeclaration,
  declaredAt,
  declaredBy,
} from '../decorators/access-declaration.js';

/** The declarations that apply to one route, the nearest first. */
export interface RouteDeclarations {
  /** The handler's own, then those of the methods that it overrides. */
  readonly method: readonly [own: AccessDeclaration, ...overridden: AccessDeclaration[]];
  /** The controller's own, then those of the classes that it extends. */
  readonly class: readonly [own: AccessDeclaration, ...bases: AccessDeclaration[]];
}

/** The declarations that apply to a route, which Nest names by class and function. */
export function declarationsOf(target: Type, handler: object): RouteDeclarations {
  const [, ...bases] = classesOf(target);
  return {
    method: methodDeclarations(target, handler),
    class: [declaredBy(target), ...bases.map(declaredBy)],
  };
}

/** A class and the classes that it extends, the nearest first. */
export function classesOf(target: object): object[] {
  return chain(target, Function.prototype);
}

/** The prototypes of a class and of the classes that it extends, the nearest first. */
export function prototypesOf(target: Type): object[] {
  const prototype: unknown = target.prototype;
  return isObject(prototype) ? chain(prototype, Object.prototype) : [];
}

/**
 * An override is a different function and has no metadata of the method that it overrides. So overridden
 * methods are looked up by name.
 */
function methodDeclarations(target: Type, handler: object): RouteDeclarations['method'] {
  const prototypes = prototypesOf(target);
  const home = prototypes.findIndex((prototype) => namesOf(prototype, handler).length > 0);
  const prototype = prototypes[home];
  if (prototype === undefined) {
    // The handler was replaced at run time, for example bound to its instance. The declarations that it lost
    // count as overridden ones: requirements hold, and openings do not.
    const name = nameOf(handler);
    return [declaredBy(handler), ...prototypes.map((prototype) => declaredAt(prototype, name))];
  }
  const names = namesOf(prototype, handler);
  const own = names
    .map((name) => declaredAt(prototype, name))
    .reduce((merged, declaration) => ({ ...merged, ...declaration }), {});
  const overridden = prototypes
    .slice(home + 1)
    .flatMap((prototype) => names.map((name) => declaredAt(prototype, name)));
  return [own, ...overridden];
}

function namesOf(prototype: object, handler: object): string[] {
  return Object.getOwnPropertyNames(prototype).filter(
    (name) => Object.getOwnPropertyDescriptor(prototype, name)?.value === handler,
  );
}

function nameOf(handler: object): string {
  return typeof handler === 'function' ? handler.name.replace(/^(?:bound )+/, '') : '';
}

function chain(from: object, end: object): object[] {
  const links: object[] = [];
  let link: unknown = from;
  while (isObject(link) && link !== end) {
    links.push(link);
    link = Object.getPrototypeOf(link);
  }
  return links;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
