import type { PresentState } from './auth-state.js';
import { isIntegerStamp } from './comparable.js';
import type { Policy, StampType, StampValue } from './policy.js';

const CHECKS: Readonly<Record<StampType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: isIntegerStamp,
  // JSON.parse('1e999') is Infinity.
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
};

/** Whether a value names a type of stamps. In JavaScript no compiler checks it. */
export function isStampType(type: unknown): type is StampType {
  return typeof type === 'string' && Object.hasOwn(CHECKS, type);
}

export function isStamp(type: StampType, value: unknown): boolean {
  return CHECKS[type](value);
}

/** The names and types of all stamps of some policies. */
export function declaredStamps(
  policies: readonly Policy[],
): readonly (readonly [name: string, type: StampType])[] {
  return policies.flatMap(({ stamps = {} }) => Object.entries(stamps));
}

/** The stamps of a token that is issued on this state: those that each policy declares, and no others. */
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

/** The policy whose stamps are not what it declares. Such a token would always be refused. */
export function policyWithWrongStamps(
  policies: readonly Policy[],
  claims: Readonly<Record<string, unknown>>,
): Policy | undefined {
  return policies.find(({ stamps = {} }) =>
    Object.entries(stamps).some(([name, type]) => !isStamp(type, claims[name])),
  );
}
