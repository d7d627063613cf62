import { InvalidRequestException } from '../../errors/auth.exceptions.js';
import { isRecord } from '../../validation/records.js';

/** What a body has, still to be checked one by one. */
export type RequestBody = Readonly<Record<string, unknown>>;

/**
 * The members of a JSON body; without a body, none. One that the route does not know is refused: a
 * misspelt `keepCurrent` must not end the session that it meant to keep.
 *
 * @throws InvalidRequestException
 */
export function requestBodyOf(body: unknown, known: readonly string[]): RequestBody {
  if (body === undefined || body === null) return {};
  if (!isRecord(body)) throw new InvalidRequestException('The body must be a JSON object.');
  const stranger = Object.keys(body).find((name) => !known.includes(name));
  if (stranger === undefined) return body;
  const names = known.length === 0 ? 'none' : known.join(', ');
  throw new InvalidRequestException(
    `The body has the member ${printable(stranger)}; known are: ${names}.`,
  );
}

/** @throws InvalidRequestException when it is there and is no boolean */
export function flagOf(members: RequestBody, name: string): boolean {
  const value = own(members, name);
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new InvalidRequestException(`${name} must be true or false.`);
}

/** @throws InvalidRequestException when it is there and is no text of at most so many characters */
export function textOf(members: RequestBody, name: string, longest: number): string | undefined {
  const value = own(members, name);
  if (value === undefined) return undefined;
  // PostgreSQL stores no NUL.
  if (typeof value === 'string' && value.length <= longest && !value.includes('\0')) return value;
  throw new InvalidRequestException(`${name} must be a text of at most ${longest} characters.`);
}

/** @throws InvalidRequestException when it is there and is not the one value that it may have */
export function everywhereOf(visibility: unknown): { readonly visibility?: 'everywhere' } {
  if (visibility === undefined) return {};
  if (visibility === 'everywhere') return { visibility };
  throw new InvalidRequestException('visibility must be "everywhere", or be left out.');
}

function own(members: RequestBody, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** A name that the sender chose comes back only where it is short and plain. */
function printable(name: string): string {
  return /^\w{1,40}$/.test(name) ? name : 'of another name';
}
