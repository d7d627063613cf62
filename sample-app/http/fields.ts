import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsRFC3339,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';

/** The fields of request bodies and queries: validation and documentation in one decorator each. */

/** The longest password, in bytes of UTF-8. Hashing longer ones would let a client keep the server busy. */
const PASSWORD_BYTES = 128;

/**
 * The field may be missing. `null` is refused: the code behind would take it for "everything" or "nothing".
 */
export const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_body: object, value: unknown) => value !== undefined);

const optional = (is: boolean | undefined): PropertyDecorator[] => (is ? [MayBeAbsent()] : []);

/** Text of a length that fits its column. NUL is refused, because PostgreSQL cannot store it. */
export function TextField(options: { max: number; min?: number; optional?: boolean }) {
  const { max, min = options.optional ? 0 : 1 } = options;
  return applyDecorators(
    ...optional(options.optional),
    ValidateBy({
      name: 'isText',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          value.length >= min &&
          value.length <= max &&
          !value.includes('\0'),
        defaultMessage: () => `$property must be a text of ${min} to ${max} characters`,
      },
    }),
    ApiProperty({ type: String, minLength: min, maxLength: max, required: !options.optional }),
  );
}

/** An e-mail address, kept in lower case. */
export function EmailField(options: { optional?: boolean } = {}) {
  return applyDecorators(
    ...optional(options.optional),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.trim().toLowerCase() : value,
    ),
    IsEmail(),
    MaxLength(254),
    ApiProperty({ type: String, format: 'email', required: !options.optional }),
  );
}

/** A password of at least `min` characters. A password that is too long is refused before hashing. */
export function PasswordField({ min }: { min: number }) {
  return applyDecorators(
    ValidateBy({
      name: 'isPassword',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          value.length >= min &&
          Buffer.byteLength(value) <= PASSWORD_BYTES,
        defaultMessage: () =>
          `$property must be a text of at least ${min} characters and at most ${PASSWORD_BYTES} bytes`,
      },
    }),
    ApiProperty({ type: String, format: 'password', minLength: min, maxLength: PASSWORD_BYTES }),
  );
}

/** An instant with its offset (RFC 3339). Without an offset, it would depend on the server's time zone. */
export function InstantField(options: { nullable?: boolean } = {}) {
  return applyDecorators(
    options.nullable ? IsOptional() : MayBeAbsent(),
    IsRFC3339(),
    ValidateBy({
      name: 'isInstant',
      validator: {
        validate: (value: unknown) => Number.isFinite(Date.parse(String(value))),
        defaultMessage: () => '$property must be a date that exists',
      },
    }),
    ApiProperty({
      type: String,
      format: 'date-time',
      required: false,
      nullable: options.nullable ?? false,
    }),
  );
}

export function ChoiceField(values: readonly string[]) {
  return applyDecorators(
    MayBeAbsent(),
    IsIn([...values]),
    ApiProperty({ enum: [...values], required: false }),
  );
}

/** A whole number in a query. */
export function CountField(options: { min: number; max: number; byDefault: number }) {
  return applyDecorators(
    MayBeAbsent(),
    Type(() => Number),
    IsInt(),
    Min(options.min),
    Max(options.max),
    ApiProperty({
      type: 'integer',
      minimum: options.min,
      maximum: options.max,
      default: options.byDefault,
      required: false,
    }),
  );
}
