import { CustomClaims } from './custom-claims.js';
import type { Problems } from '../validation/problems.js';

/** RFC 7519 §4.2: a name that no registered one, and nobody else's, can be. */
const NAMESPACE = /^[a-z][a-z\d+.-]*:[\w!$&'()*+,.:;=?@/~-]+[/#:]$/i;
/** What reads as a property, and is no member of every object. */
const NAME = /^[a-zA-Z]\w{0,63}$/;
const TYPES: readonly unknown[] = ['string', 'number', 'boolean', 'string[]'];

/** Validates the claims of an application's own. */
export function customClaims(problems: Problems, given: unknown): CustomClaims | undefined {
  if (given === undefined) return undefined;
  if (!(given instanceof CustomClaims)) {
    problems.add(
      "jwt.claims: give new CustomClaims('https://shop.example/', { tenant: 'string' }).",
    );
    return undefined;
  }
  const { namespace, types }: { namespace: unknown; types: unknown } = given;
  if (typeof namespace !== 'string' || namespace.length > 200 || !NAMESPACE.test(namespace)) {
    problems.add(
      "jwt.claims: its namespace is not a URI that ends in /, # or :; give one of yours, such as 'https://shop.example/'.",
    );
  }
  const entries = typeof types === 'object' && types !== null ? Object.entries(types) : [];
  if (entries.length === 0) problems.add('jwt.claims: it declares none; give the type of each.');
  for (const [name, type] of entries) {
    if (!NAME.test(name) || name in Object.prototype) {
      problems.add('jwt.claims: a name in it is not one of letters, digits and _; rename it.');
    } else if (!TYPES.includes(type)) {
      problems.add(
        `jwt.claims: "${name}" has no type; give 'string', 'number', 'boolean' or 'string[]'.`,
      );
    }
  }
  return given;
}
