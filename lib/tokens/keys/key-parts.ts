import { readFileSync } from 'node:fs';
import { isRecord } from '../../validation/records.js';
import type { Problems } from '../../validation/problems.js';
import type { KeyOptions } from '../jwt.options.js';

/** What one key is made of, wherever it came from. */
export interface KeyParts {
  /** The options that it stands in, for messages. */
  readonly where: string;
  readonly kid?: unknown;
  readonly algorithm?: unknown;
  readonly secret?: unknown;
  readonly privateKey?: unknown;
  readonly publicKey?: unknown;
  /** It has a private part and is not to sign with it. */
  readonly onlyVerifies?: boolean;
}

/** Each of these says what the key is. */
const WAYS = ['secret', 'privateKey', 'publicKey', 'jwk', 'file'] as const;

/** The parts of the key, or of all keys in the file, that an entry of a list of keys describes. */
export function keyParts(problems: Problems, where: string, entry: unknown): readonly KeyParts[] {
  if (!problems.requireGroup(where, entry) || !isRecord(entry)) return [];
  problems.unknown<KeyOptions>(where, entry, {
    kid: true,
    algorithm: true,
    secret: true,
    privateKey: true,
    publicKey: true,
    jwk: true,
    file: true,
  });
  const { kid, algorithm, jwk, file } = entry;
  const ways = WAYS.filter((way) => entry[way] !== undefined);
  if (ways.length === 0) {
    problems.add(`${where}: give one of ${WAYS.join(', ')}, which say what the key is.`);
    return [];
  }
  if (jwk === undefined && file === undefined) return [{ where, ...entry }];
  if (ways.length > 1) {
    problems.add(`${where}: it has \`${ways.join('` and `')}\`; give one of them.`);
    return [];
  }
  const found =
    jwk === undefined
      ? fromFile(problems, `${where}.file`, file)
      : [jwkParts(problems, `${where}.jwk`, jwk)];
  if (found.length > 1 && (kid !== undefined || algorithm !== undefined)) {
    problems.add(
      `${where}: the file has ${found.length} keys, and each has a \`kid\` and an \`alg\` of its own; leave them out here.`,
    );
    return [];
  }
  return found.flatMap((parts) => {
    if (parts === undefined) return [];
    if (algorithm !== undefined && parts.algorithm !== undefined && algorithm !== parts.algorithm) {
      problems.add(
        `${parts.where}: its \`alg\` is another one than \`algorithm\`; leave one of them out.`,
      );
      return [];
    }
    return [{ ...parts, kid: kid ?? parts.kid, algorithm: algorithm ?? parts.algorithm }];
  });
}

/** A file with a PEM, a JWK or a JWK Set in it. */
function fromFile(problems: Problems, where: string, file: unknown): (KeyParts | undefined)[] {
  const text = contentOf(file);
  if (text === undefined) {
    problems.add(`${where}: it cannot be read; give the path of a PEM, a JWK or a JWK Set.`);
    return [];
  }
  if (!text.trimStart().startsWith('{')) {
    return [
      text.includes('PRIVATE KEY') ? { where, privateKey: text } : { where, publicKey: text },
    ];
  }
  const json = parsed(text);
  const keys = isRecord(json) && 'keys' in json ? json['keys'] : [json];
  if (!Array.isArray(keys) || keys.length === 0) {
    problems.add(`${where}: it is not a JWK Set; give JSON with a list "keys" that is not empty.`);
    return [];
  }
  return keys.map((jwk: unknown, index) =>
    jwkParts(problems, keys.length === 1 ? where : `${where}, key ${index + 1}`, jwk),
  );
}

/** The parts of a JWK (RFC 7517 §4), which says by itself what it is for. */
function jwkParts(problems: Problems, where: string, jwk: unknown): KeyParts | undefined {
  if (!isRecord(jwk) || typeof jwk['kty'] !== 'string') {
    problems.add(`${where}: it is not a JWK; give an object with "kty".`);
    return undefined;
  }
  const { kid, alg, use, key_ops: operations, kty, k } = jwk;
  const isPrivate = kty === 'oct' || 'd' in jwk;
  // RFC 7517 §4.2, §4.3: a key does what it says that it is for, and a key that encrypts does not sign.
  const may = (operation: string) =>
    operations === undefined || (Array.isArray(operations) && operations.includes(operation));
  const signs = isPrivate && may('sign');
  // A private key that says only that it signs is verified with its public half, which says nothing.
  const verifies = may('verify') || (signs && kty !== 'oct');
  if ((use !== undefined && use !== 'sig') || !verifies) {
    problems.add(`${where}: its "use" or "key_ops" is not to sign or to verify; give another key.`);
    return undefined;
  }
  const own = { where, kid, algorithm: alg, onlyVerifies: isPrivate && !signs };
  if (kty === 'oct') {
    // Whatever else stands in it would be skipped, and the secret be another one than was meant.
    const isEncoded = typeof k === 'string' && /^[\w-]+$/.test(k);
    if (!isEncoded) problems.add(`${where}: its "k" is not base64url; give a JWK with one.`);
    return isEncoded ? { ...own, secret: Buffer.from(k, 'base64url') } : undefined;
  }
  return isPrivate ? { ...own, privateKey: jwk } : { ...own, publicKey: jwk };
}

function contentOf(file: unknown): string | undefined {
  try {
    return typeof file === 'string' ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may be a private key.
    return undefined;
  }
}
