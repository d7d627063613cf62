/** A value that fits into one column, also by a transformer: libraries for times and decimals have `toJSON()`. */
type Scalar =
  string | number | bigint | boolean | symbol | Date | Uint8Array | { toJSON(): unknown };

/** Values that have no properties with columns, though they are objects. */
type Single =
  Date | Uint8Array | readonly unknown[] | ((...given: never[]) => unknown) | Promise<unknown>;

/** Whether the compiler does not know the properties: with `any`, or an index signature. */
type IsOpen<Type> = 0 extends 1 & Type ? true : string extends keyof Type ? true : false;

/** Whether a property may be a column. A related or an embedded entity is none. */
type IsColumn<Value> = unknown extends Value
  ? true
  : [NonNullable<Value>] extends [Scalar | readonly Scalar[]]
    ? true
    : IsOpen<NonNullable<Value>>;

type ColumnName<Entity> = {
  [Key in keyof Entity & string]: IsColumn<Entity[Key]> extends true ? Key : never;
}[keyof Entity & string];

/** A property that is no column, and no method. */
type RelationName<Entity> = {
  [Key in keyof Entity & string]: unknown extends Entity[Key]
    ? Key
    : NonNullable<Entity[Key]> extends Scalar | readonly Scalar[] | ((...given: never[]) => unknown)
      ? never
      : Key;
}[keyof Entity & string];

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
  | ColumnName<Entity>
  | {
      [Key in keyof Entity & string]: Below<Key, NonNullable<Entity[Key]>, Depth>;
    }[keyof Entity & string];

/**
 * A property of an entity that holds a column: `'status'`, or `'profile.status'` in an embedded entity. Any
 * text is allowed when the entity's type is not known: with the entity's name as a string, or a variable of the
 * type `AuthModuleOptions`.
 *
 * The compiler takes a property for a column if its value is a text, a number, a boolean, a time, bytes, a list of
 * these, or an object with `toJSON()`.
 */
export type PropertyPath<Entity> =
  IsOpen<Entity> extends true ? string : Path<Entity, readonly [1, 2]>;

/** A relation of an entity, or a path of relations such as `'memberships.role'`, whose first part is checked. */
export type RelationPath<Entity> =
  IsOpen<Entity> extends true ? string : RelationName<Entity> | `${RelationName<Entity>}.${string}`;
