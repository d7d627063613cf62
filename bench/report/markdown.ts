import type { Ratio } from '../load/statistics.js';
import type { MicroResult } from '../micro/main.js';
import type { GrowthLine } from './growth.js';
import type { Limit } from './limits.js';
import type { Machine } from './machine.js';
import type { Comparison, Line } from './summary.js';

/** A table; numbers stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function linesTable(lines: readonly Line[]): string {
  return table(
    [
      'before `GET /me`',
      'CPU µs per request (middle half)',
      'share of no guard',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'heap KB per request',
      'statements per request',
    ],
    lines.map((line) => [
      line.name,
      `${line.cpuMicros.toFixed(1)} (${line.cpuMicrosFrom.toFixed(1)}–${line.cpuMicrosTo.toFixed(1)})`,
      // Not where the route without a guard was left out.
      Number.isNaN(line.share.median) ? '' : line.share.median.toFixed(2),
      line.perSecond.toFixed(0),
      line.p50Ms.toFixed(2),
      line.p99Ms.toFixed(2),
      line.allocatedBytes === null ? '' : (line.allocatedBytes / 1000).toFixed(1),
      line.statements === 0 ? '' : line.statements.toFixed(2),
    ]),
  );
}

export function comparisonsTable(comparisons: readonly Comparison[]): string {
  return table(
    ['what', 'against', 'adapter', 'times as fast by CPU (95 %)', 'aimed at'],
    comparisons.map(({ name, against, adapter, ratio, aim }) => [
      name,
      against,
      adapter,
      ratioText(ratio),
      aim === undefined ? '' : `${aim}${ratio.median >= aim ? '' : ' (missed)'}`,
    ]),
  );
}

export function growthTable(lines: readonly GrowthLine[]): string {
  return table(
    [
      'what',
      'amount',
      'CPU µs per request',
      'share of the first',
      'p50 ms',
      'p99 ms',
      'statements per request',
      'heap bytes each',
    ],
    lines.map((line) => [
      line.series,
      line.amount.toLocaleString('en'),
      line.cpuMicros.toFixed(1),
      ratioText(line.share),
      line.p50Ms.toFixed(2),
      line.p99Ms.toFixed(2),
      line.statements < 0.005 ? '' : line.statements.toFixed(3),
      line.heapBytesEach === null ? '' : line.heapBytesEach.toFixed(0),
    ]),
  );
}

export function limitsTable(limits: readonly Limit[]): string {
  return table(
    ['what', 'measured', 'at most'],
    limits.map(({ what, value, atMost }) => [
      what,
      value.toFixed(value < 10 ? 3 : 0),
      `${atMost}${value <= atMost ? '' : ' (missed)'}`,
    ]),
  );
}

export function piecesTable(results: readonly MicroResult[]): string {
  return table(
    ['piece', 'median ns', 'p99 ns', 'heap bytes'],
    results.map(({ name, medianNs, p99Ns, heapBytes }) => [
      name,
      medianNs.toFixed(0),
      p99Ns.toFixed(0),
      heapBytes.toFixed(0),
    ]),
  );
}

function ratioText({ median, low, high }: Ratio): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

export function machineText({ cpu, system, memoryGiB, node, pinning, versions }: Machine): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Node ${node}, ${cpu}, ${memoryGiB} GiB, ${system}; ${pinning}. ${packages.join(', ')}.`;
}
