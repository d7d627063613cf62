import type { Row } from '../database.js';
import type { Marker } from './marker.js';
import type { Trigger } from './trigger.js';
import type { WatchPlan } from './watch-plan.js';
import { AuthConfigurationError } from '../../errors/auth.errors.js';

export type ReadCatalog = (sql: string, params: readonly string[]) => Promise<readonly Row[]>;

/** A trigger of the library that exists. */
export interface InstalledTrigger {
  readonly name: string;
  /** The table it stands on, as in {@link Trigger}. */
  readonly table: readonly string[];
  readonly marker: Marker;
  /**
   * Another text after it was created again, or switched off and on again, or its table got a child: it may
   * have missed changes meanwhile.
   */
  readonly made: string;
  /** Why it does not work; `undefined`: it does. */
  readonly fault?: string;
}

/** How a family of databases watches tables. */
export interface TriggerDialect {
  /** What to do where the catalog may hide an existing trigger, for the text of the problem; empty where it hides none. */
  readonly hiddenHint: string;
  /** Statements as a script for the database's own shell. */
  script(statements: readonly string[]): string;
  /** The triggers that a plan needs. Reads the catalog, for names, keys and cascades. */
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

/** Distinct paths, in their first order. */
export function distinctPaths(paths: readonly (readonly string[])[]): (readonly string[])[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function noTable(name: string): Error {
  return new AuthConfigurationError([
    `There is no table "${name}" to watch. Create it in an earlier migration, or correct the options.`,
  ]);
}
