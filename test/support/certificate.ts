import { type KeyObject, sign } from 'node:crypto';

/** A self-signed certificate for an RSA key (RFC 5280 §4.1), as an attacker would put it in `x5c`. */
export function certificate(keys: { publicKey: KeyObject; privateKey: KeyObject }): Buffer {
  const sha256WithRsa = sequence(hex('06092a864886f70d01010b0500'));
  // CN=x
  const name = sequence(der(0x31, sequence(hex('0603550403'), hex('0c0178'))));
  const time = (text: string) => der(0x17, Buffer.from(text));
  const toBeSigned = sequence(
    hex('020101'),
    sha256WithRsa,
    name,
    sequence(time('250101000000Z'), time('490101000000Z')),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', toBeSigned, keys.privateKey);
  return sequence(toBeSigned, sha256WithRsa, der(0x03, Buffer.of(0), signature));
}

const hex = (text: string) => Buffer.from(text, 'hex');
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);

/** X.690 §8.1.3: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80
      ? Buffer.of(length)
      : length < 0x100
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}
