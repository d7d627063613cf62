/**
 * What a long header costs. passport-jwt's own expression is quadratic in it: 15,000 characters without a space
 * take a third of a second before anything is checked, and twenty such requests delay everybody by seconds.
 */
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from './support/raw-request.js';
import { newSigners } from './support/signers.js';
import { GUARDS, startTarget, type Target } from './support/target.js';

const { HS256: signer } = newSigners();

/** Lines with this many characters in them, each of which some expression somewhere goes back over. */
const LINES: Record<'header' | 'cookie', Record<string, (length: number) => string>> = {
  header: {
    'letters and no space': (length) => `Authorization: ${'a'.repeat(length)}`,
    'a scheme and letters': (length) => `Authorization: Bearer ${'a'.repeat(length)}`,
    'a scheme and spaces': (length) => `Authorization: Bearer ${' '.repeat(length)}x`,
    'a scheme and dots': (length) => `Authorization: Bearer ${'.'.repeat(length)}`,
    'many parts': (length) => `Authorization: Bearer ${'a.'.repeat(length / 2)}`,
    'many schemes': (length) => `Authorization: ${'Bearer '.repeat(length / 7)}`,
    'three parts': (length) => `Authorization: Bearer ${`${'A'.repeat(length / 3)}.`.repeat(3)}`,
  },
  cookie: {
    'letters and nothing else': (length) => `Cookie: ${'a'.repeat(length)}`,
    semicolons: (length) => `Cookie: access=${';'.repeat(length)}`,
    'equals signs': (length) => `Cookie: access=${'='.repeat(length)}`,
    'many cookies': (length) => `Cookie: ${'access=a; '.repeat(length / 10)}`,
    'many escapes': (length) => `Cookie: access=${'%41'.repeat(length / 3)}`,
    'broken escapes': (length) => `Cookie: access=${'%'.repeat(length)}`,
    spaces: (length) => `Cookie: access=${' '.repeat(length)}x`,
    quotes: (length) => `Cookie: access=${'"'.repeat(length)}`,
  },
};

describe.each([
  ['express', 'header'],
  ['fastify', 'header'],
  ['express', 'cookie'],
  ['fastify', 'cookie'],
] as const)('on %s, with the token in a %s', (adapter, place) => {
  let target: Target;
  beforeAll(async () => {
    const from = place === 'cookie' ? ({ cookie: 'access' } as const) : undefined;
    target = await startTarget({ signer, adapter, jwt: from && { from } });
  });
  afterAll(() => target.close());

  const good = () =>
    place === 'cookie' ? `Cookie: access=${target.token}` : `Authorization: Bearer ${target.token}`;

  it.each(Object.entries(LINES[place]))(
    '20 requests with 15,000 characters, %s, do not delay a good one',
    async (_, line) => {
      const { url } = target.app;
      for (const path of Object.values(GUARDS)) {
        const waits: number[] = [];
        for (let round = 0; round < 3; round++) {
          const began = performance.now();
          const bad = Array.from({ length: 20 }, () => sendRaw(url, `/${path}`, [line(15_000)]));
          const { status } = await sendRaw(url, `/${path}`, [good()]);
          expect(status).toBe(200);
          waits.push(performance.now() - began);
          for (const answer of await Promise.all(bad)) expect(answer.status).toBe(401);
        }
        // The best of three, since the machine has other work: a few milliseconds each are promised, and
        // a quadratic expression would take six seconds of them all.
        expect(Math.min(...waits)).toBeLessThan(1_000);
      }
    },
  );
});

describe('without sockets, and so without a limit on headers', () => {
  it.each(['header', 'cookie'] as const)('a million characters in the %s', async (place) => {
    const from = place === 'cookie' ? ({ cookie: 'access' } as const) : undefined;
    const target = await startTarget({ signer, jwt: from && { from } });
    const adapter = target.app.app.getHttpAdapter();
    if (!(adapter instanceof FastifyAdapter)) throw new Error('Fastify was asked for.');
    try {
      for (const [what, line] of Object.entries(LINES[place])) {
        const [name = '', value] = line(1_000_000).split(': ', 2);
        for (const url of Object.values(GUARDS)) {
          const began = performance.now();
          const { statusCode } = await adapter.inject({ url, headers: { [name]: value } });
          expect(statusCode, what).toBe(401);
          // Linear: some milliseconds. Quadratic: most of half an hour.
          expect(performance.now() - began, what).toBeLessThan(5_000);
        }
      }
    } finally {
      await target.close();
    }
  });
});
