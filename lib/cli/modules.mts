import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataSource } from 'typeorm';
import type { WatchedOptions } from '../options/watched.js';

/** The DataSource that a module exports, under any name. */
export async function dataSourceIn(file: string): Promise<DataSource> {
  for (const value of (await exportsOf(file)).values()) {
    if (value instanceof DataSource) return value;
  }
  throw new Error(
    `--data-source: ${file} exports no DataSource. Give the compiled module that you give to TypeORM's command line.`,
  );
}

/** The options of AuthModule that a module exports as `authOptions` or `default`: an object or a function that returns it. */
export async function optionsIn(file: string): Promise<WatchedOptions> {
  const found = await exportsOf(file);
  const value = found.get('authOptions') ?? found.get('default');
  const options: unknown = typeof value === 'function' ? await value() : value;
  if (isOptions(options)) return options;
  throw new Error(
    `--options: ${file} exports no options of AuthModule. Export \`authOptions\`: the options, or a function that returns them.`,
  );
}

async function exportsOf(file: string): Promise<ReadonlyMap<string, unknown>> {
  const loaded: object = await import(pathToFileURL(resolve(file)).href);
  const named = new Map<string, unknown>(Object.entries(loaded));
  // An ES module sees the exports of a CommonJS module as its `default`.
  const common = named.get('default');
  if (typeof common !== 'object' || common === null || common instanceof DataSource) return named;
  return new Map([...named, ...Object.entries(common)]);
}

function isOptions(value: unknown): value is WatchedOptions {
  return typeof value === 'object' && value !== null && 'user' in value;
}
