/** Secrets that are too short or can be guessed: with one token, an attacker finds them offline. */
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knowing, problemsOf, withJwt } from '../../support/problems-of.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('jwt.secret', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await knowing();
  });
  afterAll(() => dataSource.destroy());

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('%s needs %i bytes', (algorithm, least) => {
    const short = problemsOf(withJwt({ algorithm, secret: randomBytes(least - 1) }), dataSource);
    expect(short).toEqual([
      expect.stringMatching(
        `^jwt\\.secret: it has ${least - 1} bytes and ${algorithm} needs ${least} .*randomBytes\\(${least}\\)`,
      ),
    ]);
    expect(problemsOf(withJwt({ algorithm, secret: randomBytes(least) }), dataSource)).toEqual([]);
  });

  it.each([
    ['text', randomBytes(24).toString('base64url')],
    ['bytes', randomBytes(32)],
    ['a Uint8Array', new Uint8Array(randomBytes(32))],
    ['a key object', createSecretKey(randomBytes(32))],
    ['sixteen characters of two bytes each', 'жщфбгдёзийклмнпр'],
  ])('may be %s', (_, secret) => {
    expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([]);
  });

  it('bytes are counted, not characters', () => {
    const [problem] = problemsOf(withJwt({ secret: 'жщфбгдёзийклмнп' }), dataSource);
    expect(problem).toContain('it has 30 bytes');
    const [emoji] = problemsOf(withJwt({ secret: '😀😁😂🤣😃😄😅' }), dataSource);
    expect(emoji).toContain('it has 28 bytes');
  });

  it.each([
    ['one character', 'a'.repeat(64)],
    ['two characters', 'ab'.repeat(32)],
    ['a piece again and again', 'Xk29fLmQzR'.repeat(4)],
    ['a piece and a bit', 'correct-horse-battery-correct-horse-battery-correct'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'],
    ['digits that count', '0123456789'.repeat(4)],
    ['bytes that count', Buffer.from(Array.from({ length: 64 }, (_, index) => index))],
    ['bytes that count down', Buffer.from(Array.from({ length: 64 }, (_, index) => 200 - index))],
    ['zeros', Buffer.alloc(64)],
    ['jwt.io', 'your-256-bit-secret-your-384-bit-secret'],
    ['jwt.io of today', 'a-string-secret-at-least-256-bits-long'],
    [
      'the documentation of NestJS',
      'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
    ],
    ['a template', 'please-change-me-before-production-1234'],
    ['a tutorial', 'my_super_secret_key_for_jwt_2024_example'],
    ['upper case', 'THIS-IS-MY-SECRET-FOR-THE-JWT-SERVICE'],
    ['the keyboard', 'qwertyuiopasdfghjklzxcvbnm1234567890'],
  ])('that can be guessed is refused: %s', (_, secret) => {
    expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([
      expect.stringMatching(/^jwt\.secret: it .*\. Make one with: node -p/),
    ]);
  });

  it.each([
    ['a private key in PEM', privateKey],
    ['a public key in PEM', publicKey],
    ['PEM as bytes', Buffer.from(publicKey)],
    ['PEM as a secret key object', createSecretKey(Buffer.from(publicKey))],
    ['PEM with something before it', `\n# key\n${publicKey}`],
  ])('that is a key of another kind is refused: %s', (_, secret) => {
    expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([
      expect.stringMatching(/^jwt\.secret: .*PEM.*jwt\.privateKey/),
    ]);
  });

  it.each([[''], [null], [42], [true], [{}], [['x'.repeat(40)]], [() => 'secret']])(
    '%s is not a secret',
    (secret) => {
      expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([
        expect.stringMatching(/^jwt\.secret: /),
      ]);
    },
  );

  it('random ones are never refused as guessable', () => {
    for (let round = 0; round < 300; round++) {
      const bytes = randomBytes(32);
      for (const secret of [bytes, bytes.toString('base64'), bytes.toString('hex')]) {
        expect(problemsOf(withJwt({ secret }), dataSource)).toEqual([]);
      }
    }
  });
});
