import 'reflect-metadata';

const KEY = 'nestjs-revocable-jwt:enforces-roles';

/**
 * Declares that the application's own guard enforces `@Roles`, `@AllRoles` and `@Permissions`, so that the
 * check at boot accepts its routes. Subclasses inherit it.
 */
export function EnforcesRoles(): ClassDecorator {
  return (guard) => Reflect.defineMetadata(KEY, true, guard);
}

/** Whether a guard class, or a class that it extends, is marked with {@link EnforcesRoles}. */
export function enforcesRoles(guard: object): boolean {
  return Reflect.getMetadata(KEY, guard) === true;
}
