import { InvalidRequestException } from '../../errors/auth.exceptions.js';
import { isRecord } from '../../validation/records.js';

/** A body whose values are not checked yet. */
export type RequestBody = Readonly<Record<string, unknown>>;

/**
 * A JSON body; an empty one when nothing was sent. An unknown property is refused: a misspelt `keepCurrent`
 * must not end the session that the client wanted to keep.
 *
 * @throws InvalidRequestException
 */
export function requestBodyOf(body: unknown, known: readonly string[]): RequestBody {
  if (body === undefined || body === null) return {};
  if (!isRecord(body)) throw new InvalidRequestException('The body must be a JSON object.');
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown === undefined) return body;
  const allowed = known.length === 0 ? 'Send none' : `Allowed: ${known.join(', ')}`;
  throw new InvalidRequestException(
    `The body has an unknown property${printable(unknown)}. ${allowed}.`,
  );
}

/** @throws InvalidRequestException when it is sent and is not a boolean */
export function flagOf(body: RequestBody, name: string): boolean {
  const value = valueOf(body, name);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new InvalidRequestException(`${name} must be true or false.`);
}

/** @throws InvalidRequestException when it is sent and is not a string of at most `longest` characters */
export function textOf(body: RequestBody, name: string, longest: number): string | undefined {
  const value = valueOf(body, name);
  if (value === undefined) return undefined;
  // PostgreSQL stores no NUL.
  if (typeof value === 'string' && value.length <= longest && !value.includes('\0')) return value;
  throw new InvalidRequestException(`${name} must be a string of at most ${longest} characters.`);
}

/** @throws InvalidRequestException when it is sent and has another value */
export function everywhereOf(visibility: unknown): { readonly visibility?: 'everywhere' } {
  if (visibility === undefined) return {};
  if (visibility === 'everywhere') return { visibility };
  throw new InvalidRequestException('visibility must be "everywhere". Otherwise leave it out.');
}

function valueOf(body: RequestBody, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}

/** The sender chose the name: the response repeats it only when it is short and plain. */
function printable(name: string): string {
  return /^\w{1,40}$/.test(name) ? ` "${name}"` : '';
}
