import type { INestApplication, ModuleMetadata } from '@nestjs/common';

/** A server that is to be measured: what its application is made of, and what can be asked of it. */
export interface Server {
  readonly metadata: ModuleMetadata;
  /** Tokens of the users from this id on, once the application listens. */
  tokens(count: number, from: number, app: INestApplication): Promise<readonly string[]>;
  /** Ends a token at once; absent where nothing does. */
  revoke?(token: string, app: INestApplication): Promise<void>;
}

/** Users whose tokens make the load; their ids are the first ones. */
export const USERS = 1_000;
/** Users after these, whose accounts and tokens are ended to see what a guard does then. */
export const VICTIMS = 200;

/** The user whose token is the nth; of the load they come round again. */
export function userOf(index: number, from: number): number {
  return from > USERS ? from + index : ((from - 1 + index) % USERS) + 1;
}
