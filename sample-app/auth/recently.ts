/**
 * How long ago a sign-in may be for what cannot be taken back. As long as the first access token lives:
 * only who has refreshed since is asked to sign in again.
 */
export const RECENTLY = { maxAge: '15m' } as const;
