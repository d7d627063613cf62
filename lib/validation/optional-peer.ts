/** What Node's loaders, Jest's and the bundlers' give to the error for a package that is not there. */
const CODES: readonly unknown[] = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];

/**
 * Loads an optional peer dependency; `undefined` where the application has not installed it.
 *
 * A package that is there and cannot be loaded is an error: taken for absent, what it was installed for
 * would be missing without a word.
 *
 * @param load an `import()` that names the package literally, for bundlers and for the compiler
 */
export async function optionalPeer<T>(
  name: string,
  load: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    // Not `instanceof`: in Jest, an error of Node's loader is of another realm.
    const { code, message }: { code?: unknown; message?: unknown } = Object(error);
    // The path of a package that lacks another one is in the message too, but not in quotes.
    const names = [`'${name}'`, `tried to access ${name} `];
    const isMissing =
      CODES.includes(code) && names.some((quoted) => String(message).includes(quoted));
    if (isMissing) return undefined;
    throw error;
  }
}
