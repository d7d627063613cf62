import type { MicroResult } from '../micro/main.js';
import type { GrowthLine } from './growth.js';
import type { Limit } from './limits.js';
import type { Machine } from './machine.js';
import {
  comparisonsTable,
  growthTable,
  limitsTable,
  linesTable,
  machineText,
  piecesTable,
} from './markdown.js';
import type { Comparison, Line } from './summary.js';

/** All that one run found. */
export interface Findings {
  readonly machine: Machine;
  readonly passes: number;
  readonly sliceSeconds: number;
  readonly lines: readonly Line[];
  readonly comparisons: readonly Comparison[];
  readonly growth: readonly GrowthLine[];
  readonly limits: readonly Limit[];
  readonly micro: readonly MicroResult[];
}

/** The report, as Markdown. */
export function reportOf(findings: Findings): string {
  const { lines, comparisons, growth, limits, micro, machine } = findings;
  const on = (adapter: Line['adapter']) => lines.filter((line) => line.adapter === adapter);
  const sections: [title: string, content: string, rows: readonly unknown[]][] = [
    ['Express', linesTable(on('express')), on('express')],
    ['Fastify', linesTable(on('fastify')), on('fastify')],
    ['Ratios', comparisonsTable(comparisons), comparisons],
    ['Growth, on Fastify', growthTable(growth), growth],
    ['Limits', limitsTable(limits), limits],
    ['Pieces', piecesTable(micro), micro],
  ];
  return [
    `Medians over ${findings.passes} interleaved passes of ${findings.sliceSeconds} s; growth over half as many.`,
    ...sections
      .filter(([, , rows]) => rows.length > 0)
      .map(([title, content]) => `## ${title}\n\n${content}`),
    machineText(machine),
  ].join('\n\n');
}
