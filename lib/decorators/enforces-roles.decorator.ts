import 'reflect-metadata';

const KEY = 'nestjs-revocable-jwt:enforces-roles';

/**
 * Says that a guard of the application's own enforces `@Roles`, `@AllRoles` and `@Permissions`, so
 * that the check at boot lets its routes pass. Subclasses inherit it.
 */
export function EnforcesRoles(): ClassDecorator {
  return (guard) => Reflect.defineMetadata(KEY, true, guard);
}

/** Whether a guard class, or one that it extends, is marked with {@link EnforcesRoles}. */
export function enforcesRoles(guard: object): boolean {
  return Reflect.getMetadata(KEY, guard) === true;
}
