import { readFileSync } from 'node:fs';
import type { Problems } from '../../validation/problems.js';
import { isRecord } from '../../validation/records.js';
import type { KeyOptions } from '../jwt.options.js';

type KeyPart = 'kid' | 'algorithm' | 'secret' | 'privateKey' | 'publicKey';

/** What is given of one key, not checked yet. */
export interface KeyParts extends Readonly<Partial<Record<KeyPart, unknown>>> {
  readonly where: string;
  /** It has a private part but must not sign with it. */
  readonly onlyVerifies?: boolean;
}

/** An entry has one of these, which gives the key. */
const FORMS = ['secret', 'privateKey', 'publicKey', 'jwk', 'file'] as const;

/** The parts of the key that an entry of `jwt.keys` gives, or of all keys in its file. */
export function keyParts(problems: Problems, where: string, entry: unknown): readonly KeyParts[] {
  if (!problems.requireGroup(where, entry)) return [];
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
  const forms = FORMS.filter((form) => entry[form] !== undefined);
  if (forms.length === 0) {
    problems.add(`${where}: give the key as one of ${FORMS.join(', ')}.`);
    return [];
  }
  if (jwk === undefined && file === undefined) return [{ where, ...entry }];
  if (forms.length > 1) {
    problems.add(`${where}: it has \`${forms.join('` and `')}\`. Give one of them.`);
    return [];
  }
  const found =
    jwk === undefined
      ? fromFile(problems, `${where}.file`, file)
      : [jwkParts(problems, `${where}.jwk`, jwk)];
  if (found.length > 1 && (kid !== undefined || algorithm !== undefined)) {
    problems.add(
      `${where}: the file has ${found.length} keys, each with its own \`kid\` and \`alg\`. Leave them out here.`,
    );
    return [];
  }
  return found.flatMap((parts) => {
    if (parts === undefined) return [];
    if (algorithm !== undefined && parts.algorithm !== undefined && algorithm !== parts.algorithm) {
      problems.add(
        `${parts.where}: its \`alg\` differs from \`algorithm\`. Leave one of them out.`,
      );
      return [];
    }
    return [{ ...parts, kid: kid ?? parts.kid, algorithm: algorithm ?? parts.algorithm }];
  });
}

function fromFile(problems: Problems, where: string, file: unknown): (KeyParts | undefined)[] {
  const text = contentOf(file);
  if (text === undefined) {
    problems.add(`${where}: it cannot be read. Give the path of a PEM, a JWK or a JWK Set.`);
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
    problems.add(`${where}: it is not a JWK Set. Give JSON with a list "keys" that is not empty.`);
    return [];
  }
  return keys.map((jwk: unknown, index) =>
    jwkParts(problems, keys.length === 1 ? where : `${where}, key ${index + 1}`, jwk),
  );
}

/** The parts of a JWK (RFC 7517 §4), which states its own purpose. */
function jwkParts(problems: Problems, where: string, jwk: unknown): KeyParts | undefined {
  if (!isRecord(jwk) || typeof jwk['kty'] !== 'string')
    return problems.add(`${where}: it is not a JWK. Give an object with "kty".`);
  const { kid, alg, use, key_ops: operations, kty, k } = jwk;
  const isPrivate = kty === 'oct' || 'd' in jwk;
  // RFC 7517 §4.2, §4.3: a key is used only as it states. A key for encryption does not sign.
  const may = (operation: string) =>
    operations === undefined || (Array.isArray(operations) && operations.includes(operation));
  const signs = isPrivate && may('sign');
  // A private key that only signs is verified with its public half, which states nothing.
  const verifies = may('verify') || (signs && kty !== 'oct');
  if ((use !== undefined && use !== 'sig') || !verifies)
    return problems.add(
      `${where}: its "use" or "key_ops" allows neither signing nor verifying. Give another key.`,
    );
  const own = { where, kid, algorithm: alg, onlyVerifies: isPrivate && !signs };
  if (kty === 'oct') {
    // Node skips other characters, and would make a different secret.
    const isEncoded = typeof k === 'string' && /^[\w-]+$/.test(k);
    if (!isEncoded) problems.add(`${where}: its "k" is not base64url. Give a JWK with one.`);
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
    // The parser's message quotes the text, which may be a private key.
    return undefined;
  }
}
