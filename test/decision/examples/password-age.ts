import { type PolicyFactory, Refusal } from 'nestjs-revocable-jwt';

const NINETY_DAYS = 90 * 24 * 3_600_000;

/** Refuses accounts whose password is older than 90 days. */
export function passwordAge(): PolicyFactory {
  return () => ({
    name: 'passwordAge',
    columns: ['passwordChangedAt'],
    judge: (_claims, state) =>
      state.now < endOf(state.subject.columns['passwordChangedAt'])
        ? undefined
        : new Refusal('credentials_changed'),
    goodUntil: (state) => endOf(state.subject.columns['passwordChangedAt']),
  });
}

/** When a password from this time becomes too old. A value that is not a time is already too old. */
function endOf(changedAt: unknown): number {
  return changedAt instanceof Date ? changedAt.getTime() + NINETY_DAYS : 0;
}
