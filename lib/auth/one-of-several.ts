import { Refusal } from '../decision/refusal.js';
import { type Decider, type DecisionContext, judge } from '../freshness/decider.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import type { VerifiedToken } from '../tokens/verified-token-cache.js';

/**
 * The request carries two cookies of one name. Usually the browser kept one from before the cookie's domain or path
 * changed. A sibling domain can set one as well, and a cookie does not say who set it (RFC 6265 §8.6).
 */
export const AMBIGUOUS = new Refusal(
  'token_malformed',
  'The request carries access tokens of several accounts. Sign in again.',
);

/** One of the tokens: the result of its verification, and whether a request with it alone would be accepted. */
interface Candidate {
  readonly verified: VerifiedToken | Refusal;
  readonly isGood: boolean;
}

/**
 * Verifies each token, and decides on it as for a request, but reports nothing.
 *
 * @throws AuthUnavailableException (503) nobody knows whether one of them counts
 */
export function candidatesOf(
  tokens: readonly string[],
  { verifier, decider, context }: CandidateParts,
): Promise<readonly Candidate[]> {
  return Promise.all(
    tokens.map(async (token): Promise<Candidate> => {
      const verified = await verifier.verify(token);
      if (verified instanceof Refusal) return { verified, isGood: false };
      const { claims, state } = verified;
      const outcome =
        state === undefined ? await decider.decide(claims) : judge(context, claims, state);
      return { verified, isGood: !(outcome instanceof Refusal) };
    }),
  );
}

interface CandidateParts {
  readonly verifier: TokenVerifier;
  readonly decider: Decider;
  readonly context: DecisionContext;
}

/**
 * The newest good token. Good ones of two accounts are ambiguous: to choose might sign the user in to the account
 * of an attacker. Without a good one, the token with the most useful refusal.
 */
export function chooseFrom(
  candidates: readonly Candidate[],
): VerifiedToken | Refusal | 'ambiguous' {
  const good = candidates.flatMap(({ verified, isGood }) =>
    isGood && !(verified instanceof Refusal) ? verified : [],
  );
  if (new Set(good.map(({ claims }) => claims.sub)).size > 1) return 'ambiguous';
  const [newest] = good.toSorted((one, other) => other.claims.iat_ms - one.claims.iat_ms);
  if (newest !== undefined) return newest;
  const refused = candidates.map(({ verified }) => verified);
  return refused.toSorted((one, other) => useOf(other) - useOf(one))[0] ?? MISSING;
}

const MISSING = new Refusal('token_missing');

/** "Expired" helps most, because the client then refreshes. Next comes a verified token that the decision refuses. */
function useOf(verified: VerifiedToken | Refusal): number {
  if (!(verified instanceof Refusal)) return 2;
  return verified.code === 'token_expired' ? 3 : verified.code === 'token_invalid' ? 1 : 0;
}
