/** Longer tokens are not made, and not looked at. */
export const LONGEST = 8_192;
/** The compact serialization (RFC 7515 §7.1): three parts in base64url, without padding or white space. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** The letters whose last two bits, and last four, are zero: what a part that ends within a byte must end in. */
const TWO_ZEROS = 'AEIMQUYcgkosw048';
const FOUR_ZEROS = 'AQgw';

/** Whether a text has the outer form of a token. Linear, and before any decoding. */
export function isCompact(token: string): boolean {
  return token.length <= LONGEST && COMPACT.test(token);
}

/**
 * Whether a token is spelt in the one way in which it can be written.
 *
 * Node decodes base64url leniently: bits left over at the end of a part may be anything. A second
 * spelling of a token is not a second token, but whoever keeps or compares the text would take it
 * for one (RFC 4648 §3.5 allows to refuse it).
 */
export function isCanonical(token: string): boolean {
  const first = token.indexOf('.');
  const second = token.lastIndexOf('.');
  return (
    endsOnBits(token, 0, first) &&
    endsOnBits(token, first + 1, second) &&
    endsOnBits(token, second + 1, token.length)
  );
}

function endsOnBits(token: string, start: number, end: number): boolean {
  switch ((end - start) % 4) {
    case 0:
      return true;
    case 1:
      // A single letter over is no whole byte.
      return false;
    case 2:
      return FOUR_ZEROS.includes(token.charAt(end - 1));
    default:
      return TWO_ZEROS.includes(token.charAt(end - 1));
  }
}
