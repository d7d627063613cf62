/**
 * The JSON in a part of a token; `undefined` when there is none. Of two members with one name, the
 * last counts, as RFC 7519 §4 allows; whoever signs is the only one who could write both.
 */
export function decodedJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
