import type { PresentState } from './auth-state.js';
import { isIntegerStamp } from './comparable.js';
import type { Policy, StampType, StampValue } from './policy.js';

const IS: Readonly<Record<StampType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: isIntegerStamp,
  // JSON can write a number that is none here: 1e999.
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
};

/** Whether a text names a type of stamps; it also comes from JavaScript, where the compiler does not look. */
export function isStampType(type: unknown): type is StampType {
  return typeof type === 'string' && Object.hasOwn(IS, type);
}

/** Whether a value is a stamp of this type. */
export function isStamp(type: StampType, value: unknown): boolean {
  return IS[type](value);
}

/** The names and types of all stamps of some policies. */
export function declaredStamps(
  policies: readonly Policy[],
): readonly (readonly [name: string, type: StampType])[] {
  return policies.flatMap(({ stamps = {} }) => Object.entries(stamps));
}

/** What the policies stamp a token with that is issued on this state: what each has declared, and no more. */
export function stampsOn(
  policies: readonly Policy[],
  state: PresentState,
): Readonly<Record<string, StampValue | undefined>> {
  const stamps: Record<string, StampValue | undefined> = {};
  for (const policy of policies) {
    const made = policy.stamp?.(state) ?? {};
    for (const name of Object.keys(policy.stamps ?? {})) stamps[name] = made[name];
  }
  return stamps;
}

/** The policy that stamped something else than it declares; nobody would take the token. */
export function misstamping(
  policies: readonly Policy[],
  claims: Readonly<Record<string, unknown>>,
): Policy | undefined {
  return policies.find(({ stamps = {} }) =>
    Object.entries(stamps).some(([name, type]) => !isStamp(type, claims[name])),
  );
}
