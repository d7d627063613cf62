import type { SubjectState } from './auth-state.js';

/**
 * The value of a column that a policy named, by property name of the user entity.
 *
 * @throws Error when it was not read: compared as `undefined`, every change to it would go unseen
 */
export function columnValue(subject: SubjectState, property: string): unknown {
  if (Object.hasOwn(subject.columns, property)) return subject.columns[property];
  throw new Error(
    `The auth state was read without "${property}". Name it in the \`columns\` of the policy that asks for it.`,
  );
}
