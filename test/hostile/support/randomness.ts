import * as fc from 'fast-check';

const { CI, HOSTILE_RUNS = CI === 'true' ? '60' : '20', HOSTILE_SEED } = process.env;

/**
 * Holds a property against random inputs: 20 of them, and 60 with CI=true. HOSTILE_RUNS=5000 for a long night; HOSTILE_SEED=… for the very inputs
 * of a run that failed, which says its seed.
 *
 * @param share how many more inputs than other properties it meets
 */
export function always<Inputs>(property: fc.IAsyncProperty<Inputs>, share = 1): Promise<void> {
  return fc.assert(property, {
    numRuns: share * Number(HOSTILE_RUNS),
    ...(HOSTILE_SEED === undefined ? {} : { seed: Number(HOSTILE_SEED) }),
  });
}

/** Bytes, those among them that mean something to somebody more often than chance would have it. */
export const bytes = (maxLength = 400): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        fc.nat({ max: 255 }),
        fc.constantFrom(...Buffer.from('.=-_+/%;,:"\'\\{}[]<> \t\0eyJ&?#@')),
        fc.constantFrom(0x0a, 0x0d, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff),
      ),
      { maxLength },
    )
    .map((list) => Buffer.from(list));

/** Members that a value has in JavaScript without anybody's doing; each here is what somebody wrote. */
const BUILT_IN = ['toString', 'valueOf', 'toJSON', 'then', 'length', 'constructor', '__proto__'];

/** JSON of any shape, with these names, and those of JavaScript, more often than chance would have it. */
export const jsonWith = (names: readonly string[]): fc.Arbitrary<string> => {
  const value = fc.oneof(
    fc.jsonValue({ noUnicodeString: false }),
    fc.dictionary(fc.constantFrom(...BUILT_IN), fc.jsonValue({ maxDepth: 1 })),
    fc.constantFrom(1e308, -0, ''),
  );
  return fc
    .oneof(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value), value)
    .map((content) => JSON.stringify(content));
};
