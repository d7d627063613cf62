/**
 * What a long header costs. passport-jwt's own expression is quadratic in it: 15,000 characters without a space
 * take a third of a second before anything is checked, and twenty such requests delay everybody by seconds.
 */
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { beginningOf, describeInPlaces, locationOf, type Place } from './support/places.js';
import { sendRaw } from './support/raw-request.js';
import { newSigner } from './support/signers.js';
import { GUARDS, startTarget } from './support/target.js';

const signer = newSigner('HS256');

/** Milliseconds in which a good request among bad ones is answered. */
const ENOUGH = 1_000;
/**
 * Milliseconds of processor time for a bad one, from what is sent to what is answered. A few are promised;
 * it is so many because a core may be slow.
 */
const MOST = 25;
const BAD = 20;

/** Lines with this many characters in them, each of which some expression somewhere goes back over. */
const LINES: Record<Place, Record<string, (length: number) => string>> = {
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

describeInPlaces(['own'], (attack) => {
  const { place } = attack;
  it.each(Object.entries(LINES[place]))(
    '20 requests with 15,000 characters, %s, do not delay a good one',
    async (_, line) => {
      const { app, token } = attack.target;
      for (const path of Object.values(GUARDS)) {
        let [wait, cost] = [Infinity, Infinity];
        // The best of ten, since the machine has other work: a quadratic expression would take six
        // seconds of them all.
        for (let round = 0; round < 10 && !(wait < ENOUGH && cost < MOST); round++) {
          const began = performance.now();
          const before = process.cpuUsage();
          const bad = Array.from({ length: BAD }, () =>
            sendRaw(app.url, `/${path}`, [line(15_000)]),
          );
          const { status } = await sendRaw(app.url, `/${path}`, [beginningOf(place) + token]);
          expect(status).toBe(200);
          wait = Math.min(wait, performance.now() - began);
          for (const answer of await Promise.all(bad)) expect(answer.status).toBe(401);
          // Both ends of it, since this process has both.
          const { user, system } = process.cpuUsage(before);
          cost = Math.min(cost, (user + system) / 1_000 / BAD);
        }
        expect(wait).toBeLessThan(ENOUGH);
        expect(cost).toBeLessThan(MOST);
      }
    },
  );
});

describe('without sockets, and so without a limit on headers', () => {
  it.each(['header', 'cookie'] as const)('a million characters in the %s', async (place) => {
    const from = locationOf(place);
    const target = await startTarget({ signer, jwt: from && { from } });
    const adapter = target.app.app.getHttpAdapter();
    if (!(adapter instanceof FastifyAdapter)) throw new Error('Fastify was asked for.');
    try {
      for (const [what, line] of Object.entries(LINES[place])) {
        const [name = '', value] = line(1_000_000).split(': ', 2);
        for (const url of Object.values(GUARDS)) {
          const before = process.cpuUsage();
          const { statusCode } = await adapter.inject({ url, headers: { [name]: value } });
          expect(statusCode, what).toBe(401);
          // Linear: some milliseconds of the processor. Quadratic: most of half an hour.
          const { user, system } = process.cpuUsage(before);
          expect((user + system) / 1_000, what).toBeLessThan(5_000);
        }
      }
    } finally {
      await target.close();
    }
  });
});
