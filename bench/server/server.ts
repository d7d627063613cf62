import type { INestApplication, ModuleMetadata } from '@nestjs/common';

/** A server that is to be measured: what its application is made of, and what can be asked of it. */
export interface Server {
  readonly metadata: ModuleMetadata;
  /** Tokens of the users from this id on, once the application listens. */
  tokens(count: number, from: number, app: INestApplication): Promise<readonly string[]>;
  /** Ends a token at once; absent where nothing does. */
  revoke?(token: string, app: INestApplication): Promise<void>;
}

/** The user whose token is the nth, out of those that the database holds. */
export function userOf(index: number, from: number): number {
  return ((from - 1 + index) % USERS) + 1;
}

/** Rows of the users table. */
export const USERS = 1_000;
