import { SERIES, stepName } from './growth.js';
import type { Aim } from './report/summary.js';
import { NAMES } from './variants.js';

const OBJECT = NAMES.stateless('HS256', 'key object');
const TRACKED = NAMES.tracked('HS256');

/**
 * What is aimed at: so many times as much for the same CPU time, measured in one run. Only a secret that
 * is text depends on Node's version: jsonwebtoken makes a key of it on each call, and on 20 that fails
 * with an exception before it succeeds.
 */
export function aims(node = process.versions.node): readonly Aim[] {
  const [text, lookup] = node.startsWith('20.')
    ? [both(3.8, 13), both(5, 17)]
    : [both(2.4, 4), both(4, 7)];
  return [
    { name: TRACKED, against: NAMES.noop, aim: both(0.95, 0.95) },
    { name: TRACKED, against: OBJECT, aim: both(1.35, 2) },
    { name: TRACKED, against: NAMES.stateless('HS256', 'text'), aim: text },
    { name: TRACKED, against: NAMES.rowText, aim: lookup },
    ...(['RS256', 'ES256', 'EdDSA'] as const).map((algorithm) => ({
      name: NAMES.tracked(algorithm),
      against: TRACKED,
      aim: both(0.97, 0.97),
    })),
    ...(['HS256', 'RS256', 'ES256'] as const).map((algorithm) => ({
      name: NAMES.firstSight(algorithm),
      against: NAMES.stateless(algorithm, 'key object'),
      aim: both(1.05, 1.05),
    })),
    { name: NAMES.trackedPassport, against: OBJECT, aim: both(1.15, 1.15) },
    ...(
      [
        [64, 1.5],
        [1, 0.9],
      ] as const
    ).map(([connections, least]) => ({
      name: NAMES.at(NAMES.strict, connections),
      against: NAMES.at(NAMES.statement, connections),
      aim: both(least, least),
    })),
    {
      name: stepName(SERIES.subjects, 1_000_000),
      against: stepName(SERIES.subjects, 0),
      aim: { fastify: 0.95 },
    },
  ];
}

/** The most statements for a request that is decided strictly, with 64 others at the same moment. */
export const MOST_STATEMENTS = 0.1;
/** The most bytes of heap for a changed subject in memory. */
export const MOST_BYTES = 120;

function both(express: number, fastify: number): Aim['aim'] {
  return { express, fastify };
}
