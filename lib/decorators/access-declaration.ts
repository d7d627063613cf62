import 'reflect-metadata';

/** What the decorators on one element, a class or a method, say about who may come in. */
export interface AccessDeclaration {
  readonly public?: true;
  readonly optional?: true;
  readonly anyRole?: readonly string[];
  readonly allRoles?: readonly string[];
  readonly permissions?: readonly string[];
  /** Seconds since the user proved who they are. */
  readonly maxAuthAge?: number;
  readonly strict?: true;
}

/** The parts of a declaration that close a route further. */
export const REQUIREMENTS = ['anyRole', 'allRoles', 'permissions', 'maxAuthAge'] as const;

/** A decorator for a controller class and for a route's method. */
export type AccessDecorator = ClassDecorator & MethodDecorator;

const KEY = 'nestjs-revocable-jwt:access';
const NOTHING: AccessDeclaration = Object.freeze({});

/**
 * Makes a decorator that adds `part` to the declaration of the element it stands on.
 *
 * @param label how the decorator is written, for messages, such as `@Roles()`
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
        `${label} on "${String(name)}" protects nothing: put it on a controller class or on a method that is a route.`,
      );
    }
    // Kept under the name too: a decorator above this one may put another function in the method's
    // place, and a requirement must not get lost with the one that it replaced.
    write(label, part, target, name);
    Reflect.defineMetadata(KEY, { ...declaredBy(method), ...part }, method);
  };
}

/** What a class, or a function wherever it stands, declares itself; nothing is inherited. */
export function declaredBy(element: object): AccessDeclaration {
  const declared: AccessDeclaration | undefined = Reflect.getOwnMetadata(KEY, element);
  return declared ?? NOTHING;
}

/** What the method of that name declares on this very prototype; nothing is inherited. */
export function declaredAt(prototype: object, name: string): AccessDeclaration {
  const declared: AccessDeclaration | undefined = Reflect.getOwnMetadata(KEY, prototype, name);
  const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  if (typeof method !== 'function') return declared ?? NOTHING;
  return { ...declaredBy(method), ...declared };
}

/** Whether the declaration closes the route further. */
export function restricts(declaration: AccessDeclaration): boolean {
  return REQUIREMENTS.some((kind) => declaration[kind] !== undefined);
}

/** Whether one element says two things that cannot both hold. */
export function contradicts(declaration: AccessDeclaration): boolean {
  const openings = Number(declaration.public ?? false) + Number(declaration.optional ?? false);
  return openings > 1 || (openings === 1 && restricts(declaration));
}

/** How the declaration opens its element, if it does; one that contradicts itself opens nothing. */
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
  // The second would silently replace the first, and with it whatever it asked for.
  if (REQUIREMENTS.some((kind) => part[kind] !== undefined && before[kind] !== undefined)) {
    const where = name === undefined ? 'one class' : `"${String(name)}"`;
    throw new TypeError(`${label} stands twice on ${where}: name everything in one of them.`);
  }
  const after: AccessDeclaration = { ...before, ...part };
  if (name === undefined) Reflect.defineMetadata(KEY, after, target);
  else Reflect.defineMetadata(KEY, after, target, name);
}
