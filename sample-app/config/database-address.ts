import { type Reader, url } from './values.js';

/** The database that `DATABASE_URL` names. */
export type DatabaseAddress =
  /** The file; `:memory:` for a database that ends with the process. */
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
