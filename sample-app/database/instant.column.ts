import { Column } from 'typeorm';

/**
 * A point in time as milliseconds since the epoch, in a bigint.
 *
 * The date types of the three databases differ in precision and time zone. A number does not. Properties are
 * `Date`, or `null`.
 */
export function InstantColumn(options: { nullable?: boolean } = {}): PropertyDecorator {
  return Column({
    type: 'bigint',
    nullable: options.nullable ?? false,
    transformer: { to: toMilliseconds, from: toDate },
  });
}

function toMilliseconds(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

/** Drivers return a bigint as text or as a number. */
function toDate(value: unknown): Date | null {
  return value === null || value === undefined ? null : new Date(Number(value));
}
