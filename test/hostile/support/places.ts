/** Where the applications under attack look for a token, and on which adapter. */
import { afterAll, beforeAll, describe } from 'vitest';
import { newSigner, type Signer } from './signers.js';
import { startTarget, type Target } from './target.js';

export type Place = 'header' | 'cookie';

const CASES = [
  ['express', 'header', 'own'],
  ['fastify', 'header', 'own'],
  ['express', 'cookie', 'own'],
  ['fastify', 'cookie', 'own'],
  ['express', 'header', 'adopted'],
  ['fastify', 'header', 'adopted'],
] as const;

/** What `jwt.from` is for a place. */
export const locationOf = (place: Place) =>
  place === 'cookie' ? ({ cookie: 'access' } as const) : undefined;

/** The head's line that has something in the place of a token, up to it. */
export const beginningOf = (place: Place) =>
  place === 'cookie' ? 'Cookie: access=' : 'Authorization: Bearer ';

export interface Attack {
  readonly place: Place;
  readonly signer: Signer;
  readonly target: Target;
}

/**
 * The same attack on both adapters and in both places; where the kind of token matters, on tokens from before the
 * library came too.
 */
export function describeInPlaces(
  kinds: readonly ('own' | 'adopted')[],
  attack: (attack: Attack) => void,
): void {
  const cases = CASES.filter(([, , kind]) => kinds.includes(kind));
  describe.each(cases)('on %s, with the token in a %s, %s', (adapter, place, kind) => {
    const signer = newSigner('HS256');
    let target: Target;
    beforeAll(async () => {
      const from = locationOf(place);
      const adopted = kind === 'adopted';
      target = await startTarget({ signer, adapter, adopted, jwt: from && { from } });
    });
    afterAll(() => target.close());
    attack({
      place,
      signer,
      get target() {
        return target;
      },
    });
  });
}
