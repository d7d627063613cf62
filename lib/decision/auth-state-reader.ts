import type { AuthState } from './auth-state.js';

/** What auth state is asked for: the identifiers of one token. */
export interface Lookup {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
}

/** Gives the auth state behind a token, as fresh as its kind of freshness promises. */
export interface AuthStateReader {
  /**
   * State read after this call began, from the primary, where only committed changes are seen.
   *
   * @param sending called when a statement that may bring the answer is about to be sent: the answer is
   *   of later than the last such call
   * @throws AuthUnavailableException when it cannot be known in time
   */
  read(lookup: Lookup, sending?: () => void): Promise<AuthState>;
}
