/** What others need to do with refresh tokens; the sessions provide it where there are any. */
export interface RefreshTokens {
  /**
   * Ends the session of a refresh token, with its access tokens. Also of one that was used already.
   *
   * @returns whether it is a refresh token of ours; nothing else is touched
   * @throws AuthUnavailableException (503) when that cannot be known or stored now
   */
  endSessionOf(
    refreshToken: string,
    told: { readonly actor?: string; readonly reason?: string },
  ): Promise<boolean>;
}
