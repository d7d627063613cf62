import type { Aim } from './report/summary.js';
import { NAMES } from './variants.js';

/** What is compared with what. */
export function aims(): readonly Aim[] {
  return [{ name: NAMES.strict, against: NAMES.statement, aim: { express: 1.5, fastify: 1.5 } }];
}
