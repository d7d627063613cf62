import type { Type } from '@nestjs/common';
import type { AccessRule } from '../decision/access.js';
import {
  type AccessDeclaration,
  openingOf,
  type REQUIREMENTS,
  restricts,
} from '../decorators/access-declaration.js';
import { declarationsOf } from './declared-elements.js';

/** Metadata does not change after classes are defined, so each route's rule is made once. */
const rules = new WeakMap<Type, WeakMap<object, AccessRule>>();

/**
 * The rule of a route, from the decorators on the handler, on the methods that it overrides, on the
 * controller and on the classes that it extends.
 *
 * Restrictions are inherited and openings are not. A method's decorators take precedence over its class's.
 * `docs/access-rules.md` has the whole table.
 */
export function accessRuleOf(target: Type, handler: object): AccessRule {
  let ofTarget = rules.get(target);
  if (ofTarget === undefined) rules.set(target, (ofTarget = new WeakMap()));
  let rule = ofTarget.get(handler);
  if (rule === undefined) ofTarget.set(handler, (rule = resolve(target, handler)));
  return rule;
}

function resolve(target: Type, handler: object): AccessRule {
  const declared = declarationsOf(target, handler);

  // An opening on the method itself overrides everything else, for this method only.
  const all = [...declared.method, ...declared.class];
  const freshness = all.some(({ strict }) => strict) ? 'strict' : undefined;
  const methodOpening = openingOf(declared.method[0]);
  if (methodOpening !== undefined) return ruleOf(methodOpening, freshness, []);

  // So does one on the class, for the methods without restrictions of their own.
  const classOpening = openingOf(declared.class[0]);
  if (classOpening === undefined) {
    return ruleOf('authenticated', freshness, all);
  }
  return declared.method.some(restricts)
    ? ruleOf('authenticated', freshness, declared.method)
    : ruleOf(classOpening, freshness, []);
}

/**
 * Requirements of different kinds add up, and the nearest of each kind counts. A requirement of strict
 * freshness cannot be revoked further down.
 */
function ruleOf(
  mode: AccessRule['mode'],
  freshness: AccessRule['freshness'],
  nearestFirst: readonly AccessDeclaration[],
): AccessRule {
  const nearest = <Kind extends (typeof REQUIREMENTS)[number]>(kind: Kind) =>
    nearestFirst.find((declaration) => declaration[kind] !== undefined)?.[kind];
  const maxAuthAge = nearest('maxAuthAge');
  return Object.freeze({
    mode,
    ...(freshness === undefined ? {} : { freshness }),
    ...(maxAuthAge === undefined ? {} : { maxAuthAge }),
    anyRole: nearest('anyRole') ?? [],
    allRoles: nearest('allRoles') ?? [],
    permissions: nearest('permissions') ?? [],
  });
}
