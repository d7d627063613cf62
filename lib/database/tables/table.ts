import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { exactInteger, type Row } from '../database.js';

/** A column: how TypeORM makes it, and how to read the value that a driver gives. */
export interface TableColumn<T> {
  readonly options: EntitySchemaColumnOptions;
  readonly read: (value: unknown) => T;
}

type Columns = Readonly<Record<string, TableColumn<unknown>>>;

/** A row as it is read. */
export type RowOf<T> =
  T extends Selection<infer C>
    ? { readonly [Name in keyof C]: C[Name] extends TableColumn<infer Value> ? Value : never }
    : never;

export const text = (length: number): TableColumn<string> => ({
  options: { type: 'varchar', length },
  read: String,
});

export const longText: TableColumn<string> = { options: { type: 'text' }, read: String };

/** 64 bits: a counter, or milliseconds since the epoch, so that no time zone can move a time. */
export const integer: TableColumn<number> = { options: { type: 'bigint' }, read: exactInteger };

export const primary = <T>({ options, read }: TableColumn<T>): TableColumn<T> => ({
  options: { ...options, primary: true },
  read,
});

export const nullable = <T>({ options, read }: TableColumn<T>): TableColumn<T | null> => ({
  options: { ...options, nullable: true },
  read: (value) => (value === null ? null : read(value)),
});

export const byDefault = <T>({ options, read }: TableColumn<T>, value: number): TableColumn<T> => ({
  options: { ...options, default: value },
  read,
});

/** Some columns of a table, as properties of the rows that are read. */
export class Selection<C extends Columns> {
  /** The properties, each with the name of its column. */
  readonly names: readonly (readonly [property: keyof C & string, column: string])[];

  constructor(readonly columns: C) {
    this.names = Object.keys(columns).map((property) => [property, columnName(property)]);
  }

  /** The columns' names for a SELECT. */
  get list(): string {
    return this.names.map(([, column]) => column).join(', ');
  }

  /** @throws Error when a number is not whole, or is beyond 2^53 */
  read(row: Row): RowOf<Selection<C>>;
  read(row: Row): unknown {
    return Object.fromEntries(
      this.names.map(([property, column]) => [property, this.columns[property]?.read(row[column])]),
    );
  }

  /** These columns only, in this order. */
  pick<Name extends keyof C & string>(...names: readonly Name[]): Selection<Pick<C, Name>>;
  pick(...names: readonly string[]): unknown {
    const picked = names.flatMap((name) => {
      const column: TableColumn<unknown> | undefined = this.columns[name];
      return column === undefined ? [] : [[name, column] as const];
    });
    return new Selection(Object.fromEntries(picked));
  }

  without<Name extends keyof C & string>(...names: readonly Name[]): Selection<Omit<C, Name>>;
  without(...names: readonly string[]): unknown {
    return this.pick(...Object.keys(this.columns).filter((name) => !names.includes(name)));
  }
}

/** One table of the library: TypeORM's entity, the migration and the reading of rows all derive from it. */
export class AuthTable<C extends Columns = Columns> extends Selection<C> {
  readonly entity: EntitySchema<object>;

  /** @param indexes the properties of each index, by its name */
  constructor(
    readonly name: string,
    columns: C,
    readonly indexes: Readonly<Record<string, readonly (keyof C & string)[]>> = {},
  ) {
    super(columns);
    this.entity = new EntitySchema<object>({
      name,
      tableName: name,
      columns: Object.fromEntries(
        this.names.map(([property, column]) => [
          property,
          { ...columns[property]?.options, name: column },
        ]),
      ),
      indices: Object.entries(indexes).map(([index, properties]) => ({
        name: index,
        columns: [...properties],
      })),
    });
  }
}

/** `issuedBefore` is the column `issued_before`. */
export function columnName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
