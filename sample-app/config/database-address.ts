import { type Reader, url } from './values.js';

/** Where the data is. */
export type DatabaseAddress =
  /** `:memory:` as file: gone with the process. */
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres' | 'mysql'; readonly url: string };

const server = url('postgres:', 'postgresql:', 'mysql:');

export const databaseAddress: Reader<DatabaseAddress> = {
  accepts: 'sqlite:FILE, sqlite::memory:, postgres://… or mysql://…',
  read: (given) => {
    const [, file] = /^sqlite:(?!\/\/)([^\0]+)$/.exec(given) ?? [];
    if (file !== undefined) return { kind: 'sqlite', file };
    const parsed = server.read(given);
    if (parsed === undefined || parsed.pathname.length < 2) return undefined;
    return { kind: parsed.protocol === 'mysql:' ? 'mysql' : 'postgres', url: given };
  },
};
