/** The codes of the error for a missing package: of `require()`, Jest and bundlers, and of `import`. */
const CODES: readonly unknown[] = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'];

/**
 * Loads an optional peer dependency; `undefined` if the application has not installed it.
 *
 * A package that is installed but fails to load is an error. Otherwise its feature would be silently missing.
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
    // Not `instanceof Error`: in Jest, errors of the loader come from another realm.
    const { code, message }: { code?: unknown; message?: unknown } = Object(error);
    // If another package is missing that this one needs, the message also contains this name, but in a path.
    const names = [`'${name}'`, `tried to access ${name} `];
    const isMissing =
      CODES.includes(code) && names.some((quoted) => String(message).includes(quoted));
    if (isMissing) return undefined;
    throw error;
  }
}
