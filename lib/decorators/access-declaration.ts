import 'reflect-metadata';

/** What the decorators on one class or method declare about access. */
export interface AccessDeclaration {
  readonly public?: true;
  readonly optional?: true;
  readonly anyRole?: readonly string[];
  readonly allRoles?: readonly string[];
  readonly permissions?: readonly string[];
  /** The most seconds since the sign-in. */
  readonly maxAuthAge?: number;
  readonly strict?: true;
}

/** The parts of a declaration that restrict a route. */
export const REQUIREMENTS = ['anyRole', 'allRoles', 'permissions', 'maxAuthAge'] as const;

/** A decorator for a controller class or a route's method. */
export type AccessDecorator = ClassDecorator & MethodDecorator;

const KEY = 'nestjs-revocable-jwt:access';
const NOTHING: AccessDeclaration = Object.freeze({});

/**
 * Makes a decorator that adds `part` to the declaration of the element it stands on.
 *
 * @param label the decorator's name in messages, such as `@Roles()`
 */
export function declareAccess(label: string, part: AccessDeclaration): AccessDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (name === undefined) {
      write(label, part, target);
      return;
    }
    const method: unknown = descriptor?.value;
    if (typeof target === 'function' || typeof method !== 'function') {
      throw new TypeError(
        `${label} on "${String(name)}" protects nothing. Put it on a controller class or on a method that is a route.`,
      );
    }
    // Stored under the name too: a decorator above this one may replace the function, and the requirement
    // must not get lost with it.
    write(label, part, target, name);
    Reflect.defineMetadata(KEY, { ...declaredBy(method), ...part }, method);
  };
}

/** What a class or a function itself declares, without anything inherited. */
export function declaredBy(element: object): AccessDeclaration {
  const declared: AccessDeclaration | undefined = Reflect.getOwnMetadata(KEY, element);
  return declared ?? NOTHING;
}

/** What the method of that name on this prototype declares, without anything inherited. */
export function declaredAt(prototype: object, name: string): AccessDeclaration {
  const declared: AccessDeclaration | undefined = Reflect.getOwnMetadata(KEY, prototype, name);
  const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  if (typeof method !== 'function') return declared ?? NOTHING;
  return { ...declaredBy(method), ...declared };
}

export function restricts(declaration: AccessDeclaration): boolean {
  return REQUIREMENTS.some((kind) => declaration[kind] !== undefined);
}

/** Whether one element declares two things that exclude each other. */
export function contradicts(declaration: AccessDeclaration): boolean {
  const openings = Number(declaration.public ?? false) + Number(declaration.optional ?? false);
  return openings > 1 || (openings === 1 && restricts(declaration));
}

/** How the declaration opens its element, if it does. One that contradicts itself opens nothing. */
export function openingOf(declaration: AccessDeclaration): 'public' | 'optional' | undefined {
  if (contradicts(declaration)) return undefined;
  if (declaration.public) return 'public';
  return declaration.optional ? 'optional' : undefined;
}

function write(label: string, part: AccessDeclaration, target: object, name?: string | symbol) {
  const before: AccessDeclaration =
    (name === undefined
      ? Reflect.getOwnMetadata(KEY, target)
      : Reflect.getOwnMetadata(KEY, target, name)) ?? NOTHING;
  // The second would silently replace the first and its requirement.
  if (REQUIREMENTS.some((kind) => part[kind] !== undefined && before[kind] !== undefined)) {
    const where = name === undefined ? 'one class' : `"${String(name)}"`;
    throw new TypeError(`${label} is on ${where} twice. Combine the two.`);
  }
  const after: AccessDeclaration = { ...before, ...part };
  if (name === undefined) Reflect.defineMetadata(KEY, after, target);
  else Reflect.defineMetadata(KEY, after, target, name);
}
