import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { invalidRequest } from './refusals.js';

/** Refuses fields that the body's class does not describe. The message names each field. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      invalidRequest(errors.flatMap((error) => problems(error)).join('; ')),
  });
}

function problems({ property, constraints, children }: ValidationError, path = ''): string[] {
  const field = path === '' ? property : `${path}.${property}`;
  const own = Object.values(constraints ?? {}).map((problem) =>
    problem.startsWith(property)
      ? `${field}${problem.slice(property.length)}`
      : `${field} ${problem}`,
  );
  return [...own, ...(children ?? []).flatMap((child) => problems(child, field))];
}
