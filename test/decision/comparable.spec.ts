import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, sameValue, stampOf } from '../../lib/decision/comparable.js';

class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  toJSON(): string {
    return `${this.#cents} ct`;
  }
}

class Sealed {
  readonly #secret: string;
  constructor(secret: string) {
    this.#secret = secret;
  }
  get length(): number {
    return this.#secret.length;
  }
}

describe('sameValue', () => {
  it.each([
    ['an integer as number, text and bigint', 5, '5'],
    ['an integer as number, text and bigint', '5', 5n],
    ['an integer as number, text and bigint', 5n, 5],
    ['an integer beyond 2^53', '9007199254740993', 9007199254740993n],
    ['a negative one', -7, '-7'],
    ['zero', 0, -0],
    ['NULL', null, null],
    ['instants', new Date(5), new Date(5)],
    ['bytes', Buffer.from('ab'), new Uint8Array([97, 98])],
    ['JSON in another order', { a: 1, b: [true, null] }, { b: [true, null], a: 1 }],
    ['what JSON leaves out', { a: 1, b: undefined }, { a: 1 }],
    ['lists', ['a', 'b'], ['a', 'b']],
    ['what a transformer made', new Money(5), new Money(5)],
    ['objects without a prototype', Object.create(null), {}],
  ])('takes %s for the same', (_, a, b) => {
    expect(sameValue(a, b)).toBe(true);
    expect(sameValue(b, a)).toBe(true);
  });

  it.each([
    ['numbers', 5, 6],
    ['what a number cannot tell apart', '9007199254740993', '9007199254740992'],
    ['a text that only looks like an integer', 5, '05'],
    ['an exponent', 100, '1e2'],
    ['a plus', 5, '+5'],
    ['a space', 5, ' 5'],
    ['nothing and nothing much', null, ''],
    ['nothing and zero', null, 0],
    ['booleans and integers', true, 1],
    ['instants', new Date(5), new Date(6)],
    ['an instant and its number', new Date(5), 5],
    ['lists in another order', ['a', 'b'], ['b', 'a']],
    ['a list and its text', ['a', 'b'], 'a,b'],
    ['bytes', Buffer.from('ab'), Buffer.from('ac')],
    ['bytes and text', Buffer.from('ab'), 'ab'],
    ['JSON', { a: 1 }, { a: '1' }],
    ['what a transformer made', new Money(5), new Money(6)],
    ['a value that nobody read', undefined, undefined],
    ['a value that nobody read, and NULL', undefined, null],
  ])('tells apart %s', (_, a, b) => {
    expect(sameValue(a, b)).toBe(false);
    expect(sameValue(b, a)).toBe(false);
  });

  it.each([new Map([['a', 1]]), new Set([1]), new Sealed('x'), () => 1, Symbol('x')])(
    'refuses %s, whose content it cannot see',
    (value) => expect(() => encode(value)).toThrow(TypeError),
  );
});

describe('encode', () => {
  it('gives two JSON values the same text only if they are the same JSON', () => {
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== 'object' || value === null) return value;
      return Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, content]) => [key, sorted(content)])
        .concat(['an object']);
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(encode(a) === encode(b)).toBe(same);
        expect(encode(JSON.parse(JSON.stringify(a)))).toBe(encode(a));
      }),
    );
  });

  it('does not confuse two lists of texts', () => {
    // What the second would be without the lengths, and without the types.
    expect(encode(['', '1'])).not.toBe(encode(['s1']));
    expect(encode(['1:s'])).not.toBe(encode(['1', '']));
    const parts = fc.array(
      fc.string({ unit: fc.constantFrom('s', '1', ':', '0', '\ud800', '\ud801') }),
    );
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(encode(a) === encode(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('stampOf', () => {
  it.each([
    [3, 3],
    ['3', 3],
    [3n, 3],
    [-0, 0],
    ['9007199254740993', '9007199254740993'],
    [9007199254740993n, '9007199254740993'],
    [1.5, 1.5],
    ['1.50', '1.50'],
    ['007', '007'],
    ['f3a1', 'f3a1'],
    ['', ''],
    [true, true],
    [new Date(5), 5],
    [new Date(NaN), null],
    [NaN, null],
    [Infinity, null],
    [null, null],
    [undefined, null],
  ])('of %o is %o, which survives JSON', (value, stamp) => {
    expect(stampOf(value)).toBe(stamp);
    expect(JSON.parse(JSON.stringify(stampOf(value)))).toBe(stamp);
  });
});
