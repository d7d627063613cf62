import type { TokenOptions, KeyOptions, KeyProvider } from '../jwt.options.js';
import { KeyRingError } from '../../errors/auth.errors.js';
import type { KeyMaterial, KeySource } from './key-material.js';
import { withTimeout } from '../../database/with-timeout.js';
import { Problems } from '../../validation/problems.js';
import { keyList, oneKey } from './key-list.js';

/** How long to wait for a provider: longer than a good answer takes, shorter than a boot may take. */
const PROVIDER_TIMEOUT_MS = 10_000;

/** The source of keys that the options name; `undefined`, with a problem noted, when there is none. */
export function keySource(problems: Problems, jwt: TokenOptions): KeySource | undefined {
  const { keys } = jwt;
  const secretsOnly = jwt.deriveKeyFrom !== undefined;
  if (keys === undefined) return simple(problems, jwt, secretsOnly);
  for (const other of ['secret', 'privateKey', 'publicKey', 'algorithm'] as const) {
    if (jwt[other] === undefined) continue;
    problems.add(
      `jwt.${other}: it cannot be combined with jwt.keys. Give it in an entry of that list.`,
    );
    return undefined;
  }
  if (typeof keys === 'function') return new ProvidedKeys(keys, secretsOnly);
  const given = usableKeys(problems, keys, secretsOnly);
  return given.length === 0 ? undefined : new ListedKeys(keys, given, secretsOnly);
}

/** The keys of a list; none when a problem was noted, also with the other options. */
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
  if (secret === undefined && privateKey === undefined) {
    problems.add(
      publicKey === undefined
        ? 'jwt.secret: give a secret of at least 32 random bytes, or jwt.privateKey.'
        : 'jwt.publicKey: it verifies and cannot sign. Give jwt.privateKey too.',
    );
    return undefined;
  }
  const key = oneKey(problems, { where: 'jwt', secret, privateKey, publicKey, algorithm });
  if (key === undefined || (secretsOnly && !areSecrets(problems, [key]))) return undefined;
  const given = [key];
  return { given, canChange: false, load: () => Promise.resolve(given) };
}

/** Keys that the options list. Files among them are read each time. */
class ListedKeys implements KeySource {
  readonly canChange: boolean;

  constructor(
    private readonly list: readonly KeyOptions[],
    readonly given: readonly KeyMaterial[],
    private readonly secretsOnly: boolean,
  ) {
    this.canChange = list.some(({ file }) => file !== undefined);
  }

  async load(): Promise<readonly KeyMaterial[]> {
    return requireKeys(this.list, this.secretsOnly);
  }
}

/** Keys that the application fetches, from a vault or a key management service. */
class ProvidedKeys implements KeySource {
  readonly given = undefined;
  readonly canChange = true;

  constructor(
    private readonly provider: KeyProvider,
    private readonly secretsOnly: boolean,
  ) {}

  async load(): Promise<readonly KeyMaterial[]> {
    let list: unknown;
    try {
      list = await withTimeout(
        PROVIDER_TIMEOUT_MS,
        Promise.resolve(this.provider()),
        'The provider gave no keys in time.',
      );
    } catch (cause) {
      // Its message may hold more than a log should; it is in `cause`.
      throw new KeyRingError(
        ['jwt.keys: the provider failed. See the cause, and check that it can reach its source.'],
        { cause },
      );
    }
    return requireKeys(list, this.secretsOnly);
  }
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
