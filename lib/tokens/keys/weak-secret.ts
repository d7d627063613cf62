/**
 * Why a secret of sufficient length is still guessable; `undefined` when it is not known to be. From one
 * token, an attacker can guess such a secret offline, and then issue tokens (RFC 8725 §3.5).
 */
export function weaknessOf(secret: Uint8Array): string | undefined {
  if (new Set(secret).size < 8) return 'it uses fewer than eight different bytes';
  if (repeats(secret)) return 'it repeats itself';
  if (counts(secret)) return 'it is a run of consecutive characters';
  if (isPublished(secret)) return 'it contains a phrase from published examples';
  return undefined;
}

/** Whether it repeats one piece of at most half its length. */
function repeats(secret: Uint8Array): boolean {
  for (let period = 1; period <= secret.length / 2; period++) {
    if (secret.every((byte, index) => index < period || byte === secret[index - period]))
      return true;
  }
  return false;
}

/** Whether nearly every byte is the previous one plus or minus one: `abcdef…`, `9876…`. */
function counts(secret: Uint8Array): boolean {
  let steps = 0;
  for (let index = 1; index < secret.length; index++) {
    if (Math.abs((secret[index] ?? 0) - (secret[index - 1] ?? 0)) === 1) steps++;
  }
  return steps >= (secret.length - 1) * 0.8;
}

/** Phrases from tutorials, templates and debuggers, without punctuation and in lower case. */
const PUBLISHED = `
  donotusethisvalue createacomplexsecret asecretstringatleast astringsecretatleast
  your256bitsecret your384bitsecret your512bitsecret yoursecretkey yourjwtsecret yourverysecret
  yoursupersecret mysupersecret mysecretkey thisismysecret thisisasecret supersecretkey
  supersecretjwt verysecretkey secretkeyhere secretsecret jwtsecretkey changeme changethis
  replaceme replacethis topsecretkey passwordpassword qwertyuiop
`
  .trim()
  .split(/\s+/);

function isPublished(secret: Uint8Array): boolean {
  const text = Buffer.from(secret)
    .toString('latin1')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return PUBLISHED.some((phrase) => text.includes(phrase));
}
