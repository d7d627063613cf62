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
    const isMissing =
      error instanceof Object &&
      'code' in error &&
      CODES.includes(error.code) &&
      String(error).includes(name);
    if (isMissing) return undefined;
    throw error;
  }
}
