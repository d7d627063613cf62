/** A token with the other ES256 signature of the same text: with (r, s), (r, n − s) verifies too. */
export function mirrored(token: string): string {
  const [header, body, signature] = token.split('.');
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const bytes = Buffer.from(signature ?? '', 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex');
  return [header, body, Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')].join(
    '.',
  );
}
