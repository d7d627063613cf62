/**
 * How old a sign-in may be for actions that cannot be undone. This is the default lifetime of an access token, so
 * only users who have refreshed since their sign-in must sign in again.
 */
export const RECENTLY = { maxAge: '15m' } as const;
