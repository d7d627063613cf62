import { isStorable } from '../../users/subject-codec.js';
import type { Problems } from '../../validation/problems.js';
import type { Algorithm } from '../jwt.options.js';
import { keyIdOf } from './key-id.js';
import type { KeyMaterial, UnnamedKey } from './signature.js';
import { keyPair } from './key-pair.js';
import { type KeyParts, keyParts } from './key-parts.js';
import { secretKey } from './secret-key.js';

const ALGORITHMS = /^(?:(?:HS|RS|PS|ES)(?:256|384|512)|EdDSA)$/;

/** The keys of a list, in order; none when a problem was noted. */
export function keyList(problems: Problems, where: string, list: unknown): readonly KeyMaterial[] {
  if (!Array.isArray(list) || list.length === 0) {
    problems.add(
      `${where}: give a list of keys that is not empty. The first that can sign is used to sign.`,
    );
    return [];
  }
  const before = problems.list.length;
  const keys = list
    .flatMap((entry: unknown, index) => keyParts(problems, `${where}[${index}]`, entry))
    .flatMap((parts) => oneKey(problems, parts) ?? []);
  const ids = keys.map(({ kid }) => kid);
  if (new Set(ids).size < ids.length) {
    problems.add(`${where}: two keys have the same id. Give each its own \`kid\`, or remove one.`);
  }
  // Compared by derived id, because two different key objects may be one key to HMAC or to RSA.
  const firsts = new Map(keys.toReversed().map(({ kid, verify }) => [keyIdOf(verify), kid]));
  const twice = keys.find(({ kid, verify }) => firsts.get(keyIdOf(verify)) !== kid);
  if (twice !== undefined) {
    problems.add(
      `${where}: one key has two ids, so withdrawing one would leave the other. Give "${twice.kid}" once. A key keeps its id for life.`,
    );
  }
  if (problems.list.length === before && keys.every(({ sign }) => sign === undefined)) {
    problems.add(`${where}: none of the keys can sign. Give a secret or a private key too.`);
  }
  return problems.list.length === before ? keys : [];
}

/** One key with its id; `undefined`, with a problem noted, when it cannot be used. */
export function oneKey(problems: Problems, parts: KeyParts): KeyMaterial | undefined {
  const { where, kid } = parts;
  const whole = unnamed(problems, parts);
  if (whole === undefined) return undefined;
  const key = parts.onlyVerifies ? { ...whole, sign: undefined } : whole;
  if (kid === undefined) return { ...key, kid: keyIdOf(key.verify) };
  if (typeof kid === 'string' && isStorable(kid)) return { ...key, kid };
  return problems.add(
    `${where}: its \`kid\` is not a text of 1 to 255 characters. Give one, or leave it out.`,
  );
}

function unnamed(problems: Problems, parts: KeyParts): UnnamedKey | undefined {
  const { where, algorithm, secret, privateKey, publicKey } = parts;
  if (!isAlgorithm(algorithm))
    return problems.add(
      `${where}.algorithm: give one of HS256, HS384, HS512, RS256 … RS512, PS256 … PS512, ES256 … ES512, EdDSA; "none" and lists are never accepted.`,
    );
  if (secret !== undefined && (privateKey !== undefined || publicKey !== undefined))
    return problems.add(
      `${where}.secret, ${where}.privateKey: a secret and a key pair together invite algorithm confusion (RFC 8725 §2.1). Give one of them.`,
    );
  if (secret !== undefined) return secretKey(problems, where, secret, algorithm ?? 'HS256');
  return keyPair(problems, where, parts, algorithm);
}

function isAlgorithm(value: unknown): value is Algorithm | undefined {
  return value === undefined || (typeof value === 'string' && ALGORITHMS.test(value));
}
