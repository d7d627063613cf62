import type { Row } from '../database.js';
import type { Marker } from './marker.js';
import type { Trigger } from './trigger.js';
import type { WatchPlan } from './watched-tables.js';
import { AuthConfigurationError } from '../../errors/auth.errors.js';

export type ReadCatalog = (sql: string, params: readonly string[]) => Promise<readonly Row[]>;

/** A trigger of the library that exists in the database. */
export interface InstalledTrigger {
  readonly name: string;
  /** Its table, as in {@link Trigger}. */
  readonly table: readonly string[];
  readonly marker: Marker;
  /**
   * A text that changes when the trigger was created again, or switched off and on, or when its table got a
   * child: it may have missed changes meanwhile.
   */
  readonly made: string;
  /** Why it does not work; `undefined`: it does. */
  readonly fault?: string;
}

/** How a family of databases watches tables. */
export interface TriggerDialect {
  /** For the text of a problem: what to do if the catalog hides an existing trigger; empty: it hides none. */
  readonly hiddenHint: string;
  /** Statements as a script for the database's own shell. */
  script(statements: readonly string[]): string;
  /** The triggers that a plan needs. Names, keys and cascades come from the database's catalog. */
  needed(plan: WatchPlan, read: ReadCatalog): Promise<readonly Trigger[]>;
  /** The triggers that exist on the tables of those that are needed. */
  installed(needed: readonly Trigger[], read: ReadCatalog): Promise<readonly InstalledTrigger[]>;
}

/** A script whose statements end in semicolons. */
export function scriptOf(statements: readonly string[]): string {
  return statements.map((sql) => `${sql};`).join('\n\n');
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Those that differ as JSON, in their first order. */
export function distinct<T>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()];
}

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function noTable(name: string): Error {
  return new AuthConfigurationError([
    `There is no table "${name}" to watch. Create it in an earlier migration, or correct the options.`,
  ]);
}
