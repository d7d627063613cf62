import { ForeignClaimsError } from '../errors/auth.errors.js';
import { InvalidClaimsError, SignInError } from '../errors/sign-in.errors.js';
import type { Principal } from '../decision/principal.js';
import { isRecord } from '../validation/records.js';
import type { Problems } from '../validation/problems.js';

/** The type of an application's own claim. */
export type ClaimType = 'string' | 'number' | 'boolean' | 'string[]';

/** An application's own claims, by name. */
export type ClaimTypes = Readonly<Record<string, ClaimType>>;

/** The values of declared claims. Any of them may be absent. */
export type ClaimValues<Types extends ClaimTypes> = {
  readonly [Name in keyof Types]?: ValueOf<Types[Name]>;
};

type ValueOf<Type extends ClaimType> = Type extends 'string'
  ? string
  : Type extends 'number'
    ? number
    : Type extends 'boolean'
      ? boolean
      : readonly string[];

/** Claims under their full names, as in a token. */
export type NamedClaims = Readonly<Record<string, unknown>>;

/** The most bytes of JSON that the claims of one sign-in may have. Every request carries them. */
const MOST_BYTES = 1_024;

const IS: Readonly<Record<ClaimType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  // JSON can hold a number that JavaScript cannot: 1e999.
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  'string[]': (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
};

/**
 * An application's own claims: declared once with their types, given at sign-in, read from a principal. In
 * the token they are named `<namespace><name>`, so that none can replace a registered claim or one of
 * this library's (RFC 7519 §4.2).
 *
 *     export const shopClaims = new CustomClaims('https://shop.example/', { tenant: 'string' });
 *     // options:    jwt: { claims: shopClaims, … }
 *     // at sign-in: auth.signIn(user, { claims: { tenant: 'north' } })
 *     // later:      shopClaims.of(principal).tenant
 *
 * They state what was true at the sign-in, and stay the same through renewals and refreshes. For rights that
 * may be taken away, use a column and a policy.
 */
export class CustomClaims<const Types extends ClaimTypes = ClaimTypes> {
  /**
   * @param namespace your own URI, which ends in `/`, `#` or `:`
   * @param types the type of each claim: `'string'`, `'number'`, `'boolean'` or `'string[]'`
   */
  constructor(
    readonly namespace: string,
    readonly types: Types,
  ) {}

  /**
   * The claims of a token, by their declared names. Those that it lacks are absent.
   *
   * @throws ForeignClaimsError when the token belongs to a realm that declares other types
   */
  of({ claims }: Pick<Principal, 'claims'>): ClaimValues<Types> {
    const values: unknown = Object.fromEntries(
      this.declared.flatMap(([name]) => {
        const value = claims[this.namespace + name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    if (this.areTyped(values)) return values;
    throw new ForeignClaimsError();
  }

  /**
   * The claims for a token, from the values that an application gives.
   *
   * @throws SignInError for an undeclared name, a value of another type, or too many bytes
   */
  named(values: unknown): NamedClaims {
    if (!isRecord(values)) throw unusable('they are not an object with a value for each name');
    const given = new Map(Object.entries(values));
    const named: Record<string, unknown> = {};
    for (const [name, type] of this.declared) {
      const value: unknown = given.get(name);
      given.delete(name);
      if (value === undefined) continue;
      if (!IS[type](value)) throw unusable(`"${name}" is not of the type ${type}`);
      named[this.namespace + name] = value;
    }
    const [unknown] = given.keys();
    if (unknown !== undefined) throw unusable('one of the names was not declared');
    if (Buffer.byteLength(JSON.stringify(named)) > MOST_BYTES) {
      throw unusable(`they have more than ${MOST_BYTES} bytes`);
    }
    return named;
  }

  /** The declared claims in a token or in a stored session; `undefined` when one is of another type. */
  within(payload: NamedClaims): NamedClaims | undefined {
    const found: Record<string, unknown> = {};
    for (const [name, type] of this.declared) {
      const full = this.namespace + name;
      if (!Object.hasOwn(payload, full)) continue;
      const value = payload[full];
      if (!IS[type](value)) return undefined;
      found[full] = Object.freeze(value);
    }
    return found;
  }

  private areTyped(values: unknown): values is ClaimValues<Types> {
    return (
      isRecord(values) &&
      this.declared.every(([name, type]) => values[name] === undefined || IS[type](values[name]))
    );
  }

  private get declared(): readonly (readonly [string, ClaimType])[] {
    return Object.entries(this.types);
  }
}

function unusable(problem: string): SignInError {
  return new InvalidClaimsError(
    `signIn() was given claims that cannot go into a token: ${problem}. Give claims that are declared in jwt.claims.`,
  );
}

/** RFC 7519 §4.2: a name that begins with your own URI collides with no registered claim and with no other party's. */
const NAMESPACE = /^[a-z][a-z\d+.-]*:[\w!$&'()*+,.:;=?@/~-]+[/#:]$/i;
/** Names that can be read as properties. */
const NAME = /^[a-zA-Z]\w{0,63}$/;

export function customClaims(problems: Problems, given: unknown): CustomClaims | undefined {
  if (given === undefined) return undefined;
  if (!(given instanceof CustomClaims))
    return problems.add(
      "jwt.claims: give new CustomClaims('https://shop.example/', { tenant: 'string' }).",
    );
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
    } else if (Object.keys(IS).every((known) => known !== type)) {
      problems.add(
        `jwt.claims: "${name}" has no type. Give 'string', 'number', 'boolean' or 'string[]'.`,
      );
    }
  }
  return given;
}
