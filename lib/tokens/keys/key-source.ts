import type { KeyProvider, TokenOptions } from '../jwt.options.js';
import { KeyRingError } from '../../errors/auth.errors.js';
import type { KeyMaterial } from './signature.js';
import { withTimeout } from '../../database/with-timeout.js';
import { Problems } from '../../validation/problems.js';
import { keyList, oneKey } from './key-list.js';

export interface KeySource {
  /** The keys that the options hold; `undefined` when a provider has to be asked. */
  readonly given: readonly KeyMaterial[] | undefined;
  /** Whether loading again may give other keys: from files, or from a provider. */
  readonly canChange: boolean;
  /**
   * The current keys, in order: the first that can sign signs.
   *
   * @throws KeyRingError when they cannot be loaded or used
   */
  load(): Promise<readonly KeyMaterial[]>;
}

/** How long to wait for a provider: longer than a good answer takes, shorter than a boot may take. */
const PROVIDER_TIMEOUT_MS = 10_000;

/** The source of keys that the options name; `undefined`, with a problem noted, when there is none. */
export function keySource(problems: Problems, jwt: TokenOptions): KeySource | undefined {
  const { keys } = jwt;
  const secretsOnly = jwt.deriveKeyFrom !== undefined;
  if (keys === undefined) return simple(problems, jwt, secretsOnly);
  for (const other of ['secret', 'privateKey', 'publicKey', 'algorithm'] as const) {
    if (jwt[other] === undefined) continue;
    return problems.add(
      `jwt.${other}: it cannot be combined with jwt.keys. Give it in an entry of that list.`,
    );
  }
  if (typeof keys === 'function') {
    return { given: undefined, canChange: true, load: () => provided(keys, secretsOnly) };
  }
  const given = usableKeys(problems, keys, secretsOnly);
  if (given.length === 0) return undefined;
  const canChange = keys.some(({ file }) => file !== undefined);
  // Files in the list are read each time.
  return { given, canChange, load: async () => requireKeys(keys, secretsOnly) };
}

/** The keys of a list; none when a problem was noted, also if they do not fit `jwt.deriveKeyFrom`. */
function usableKeys(
  problems: Problems,
  list: unknown,
  secretsOnly: boolean,
): readonly KeyMaterial[] {
  const keys = keyList(problems, 'jwt.keys', list);
  return secretsOnly && !areSecrets(problems, keys) ? [] : keys;
}

/** One key, under the options of `jwt` itself. */
function simple(
  problems: Problems,
  { secret, privateKey, publicKey, algorithm }: TokenOptions,
  secretsOnly: boolean,
): KeySource | undefined {
  if (secret === undefined && privateKey === undefined)
    return problems.add(
      publicKey === undefined
        ? 'jwt.secret: give a secret of at least 32 random bytes, or jwt.privateKey.'
        : 'jwt.publicKey: it verifies and cannot sign. Give jwt.privateKey too.',
    );
  const key = oneKey(problems, { where: 'jwt', secret, privateKey, publicKey, algorithm });
  if (key === undefined || (secretsOnly && !areSecrets(problems, [key]))) return undefined;
  const given = [key];
  return { given, canChange: false, load: () => Promise.resolve(given) };
}

/** Asks the application for the keys, which it gets from a vault or a key management service. */
async function provided(provider: KeyProvider, secretsOnly: boolean) {
  let list: unknown;
  try {
    list = await withTimeout(
      PROVIDER_TIMEOUT_MS,
      Promise.resolve(provider()),
      'The provider gave no keys in time.',
    );
  } catch (cause) {
    // Its message may hold more than a log should; it is in `cause`.
    throw new KeyRingError(
      ['jwt.keys: the provider failed. See the cause, and check that it can reach its source.'],
      { cause },
    );
  }
  return requireKeys(list, secretsOnly);
}

/**
 * The keys of a list that was given at run time.
 *
 * @throws KeyRingError that lists every problem
 */
export function requireKeys(list: unknown, secretsOnly: boolean): readonly KeyMaterial[] {
  const problems = new Problems();
  const keys = usableKeys(problems, list, secretsOnly);
  if (problems.list.length > 0) throw new KeyRingError(problems.list);
  return keys;
}

function areSecrets(problems: Problems, keys: readonly KeyMaterial[]): boolean {
  const other = keys.find(({ algorithm }) => !algorithm.startsWith('HS'));
  if (other === undefined) return true;
  problems.add(
    `jwt.deriveKeyFrom: only a secret yields a key for each user, not ${other.algorithm}. Use boundTo(…) instead.`,
  );
  return false;
}
