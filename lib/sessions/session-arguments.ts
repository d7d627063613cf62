import type { EntityManager } from 'typeorm';
import { isManager } from '../database/open-transaction.js';
import type { Principal } from '../decision/principal.js';
import { InvalidArgumentError } from '../errors/revocation.errors.js';
import { type RevokeOptions, storable } from '../log/revoke-options.js';
import type { UserTable } from '../users/user-table.js';
import { isRecord } from '../validation/records.js';

/**
 * The id of a session, as a caller gives it. A string that is no such id matches no session. Anything but a string
 * is a mistake.
 *
 * @throws InvalidArgumentError
 */
export function sessionIdOf(given: unknown): string {
  if (typeof given === 'string') return given;
  throw new InvalidArgumentError('sessionId: give a text. Nothing was changed.');
}

/**
 * The session that a caller is signed in with. Without its id, "every other session" would be every session.
 *
 * @throws InvalidArgumentError
 */
export function signInOf(
  caller: unknown,
  users: UserTable,
): Pick<Principal, 'userId' | 'sessionId'> {
  const { userId, sessionId } = Object(caller);
  return { userId: users.idOf(userId), sessionId: storable('sessionId', sessionId) };
}

/**
 * The manager in the context of a call. A manager that is passed instead of the context must not leave the call
 * outside of its transaction.
 *
 * @throws InvalidArgumentError
 */
export function managerOf(context: {
  readonly manager?: EntityManager;
}): Pick<RevokeOptions, 'manager'> {
  if (!isRecord(context) || isManager(context)) {
    throw new InvalidArgumentError(
      'context: give { ip, userAgent, manager }, or leave it out. Nothing was changed.',
    );
  }
  return context.manager === undefined ? {} : { manager: context.manager };
}

/** @throws InvalidArgumentError it is not a time in milliseconds */
export function instantOf(at: unknown): number {
  if (typeof at === 'number' && Number.isFinite(at)) return at;
  throw new InvalidArgumentError('at: give milliseconds since 1970. Nothing was changed.');
}

/** @throws InvalidArgumentError it is not a list of strings */
export function textsOf(tokens: unknown): readonly string[] {
  if (Array.isArray(tokens) && tokens.every((token) => typeof token === 'string')) return tokens;
  throw new InvalidArgumentError('tokens: give a list of texts. Nothing was changed.');
}
