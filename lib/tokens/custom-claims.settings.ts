import type { Problems } from '../validation/problems.js';
import { CustomClaims } from './custom-claims.js';

/** RFC 7519 §4.2: names within it collide with no registered claim and with nobody else's. */
const NAMESPACE = /^[a-z][a-z\d+.-]*:[\w!$&'()*+,.:;=?@/~-]+[/#:]$/i;
/** Names that can be read as properties. */
const NAME = /^[a-zA-Z]\w{0,63}$/;
const TYPES: readonly unknown[] = ['string', 'number', 'boolean', 'string[]'];

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
      "jwt.claims: the namespace is not a URI that ends in /, # or :. Give your own, such as 'https://shop.example/'.",
    );
  }
  const entries = typeof types === 'object' && types !== null ? Object.entries(types) : [];
  if (entries.length === 0)
    problems.add('jwt.claims: it declares no claim. Give each a name and a type.');
  for (const [name, type] of entries) {
    if (!NAME.test(name) || name in Object.prototype) {
      problems.add(
        'jwt.claims: a name has other characters than letters, digits and _. Rename it.',
      );
    } else if (!TYPES.includes(type)) {
      problems.add(
        `jwt.claims: "${name}" has no type. Give 'string', 'number', 'boolean' or 'string[]'.`,
      );
    }
  }
  return given;
}
