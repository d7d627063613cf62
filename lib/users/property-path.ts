/** Objects that are the value of one column. */
type Single =
  Date | Uint8Array | readonly unknown[] | ((...given: never[]) => unknown) | Promise<unknown>;

type Name<Entity> = {
  [Key in keyof Entity & string]: Entity[Key] extends (...given: never[]) => unknown ? never : Key;
}[keyof Entity & string];

/** Whether the compiler does not know the properties: with `any`, or an index signature. */
type IsOpen<Type> = 0 extends 1 & Type ? true : string extends keyof Type ? true : false;

type Below<Key extends string, Value, Depth extends readonly unknown[]> =
  IsOpen<Value> extends true
    ? `${Key}.${string}`
    : Value extends Single
      ? never
      : Value extends object
        ? Depth extends readonly [unknown, ...infer Rest]
          ? `${Key}.${Path<Value, Rest>}`
          : never
        : never;

type Path<Entity, Depth extends readonly unknown[]> =
  | Name<Entity>
  | { [Key in Name<Entity>]: Below<Key, NonNullable<Entity[Key]>, Depth> }[Name<Entity>];

/**
 * A property of an entity that holds a column: `'status'`, or `'profile.status'` in an embedded entity. Any
 * text is allowed when the entity's type is not known: with the entity's name as a string, or a variable of the
 * type `AuthModuleOptions`.
 */
export type PropertyPath<Entity> =
  IsOpen<Entity> extends true ? string : Path<Entity, readonly [1, 2]>;

/** A relation of an entity, or a path of relations such as `'memberships.role'`, whose first part is checked. */
export type RelationPath<Entity> =
  IsOpen<Entity> extends true ? string : Name<Entity> | `${Name<Entity>}.${string}`;
