import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ADAPTERS, NAMES } from '../variants.js';
import { table } from './markdown.js';
import type { Findings } from './report.js';

const BEGIN = '<!-- bench: written by npm run bench -->';
const END = '<!-- bench: end -->';

/** The lines of the report that a reader asks for first. */
const SHOWN: readonly string[] = [
  NAMES.none,
  NAMES.noop,
  NAMES.tracked('HS256'),
  NAMES.trackedPassport,
  NAMES.strict,
  NAMES.stateless('HS256', 'text'),
  NAMES.stateless('HS256', 'key object'),
  NAMES.rowText,
  NAMES.kept,
  NAMES.redis,
  NAMES.statement,
];

/** The README with the figures of this run in the place of those before. */
export async function readmeWith(readme: string, findings: Findings): Promise<string> {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`README.md has no place for the figures; put ${BEGIN} and ${END} into it.`);
  }
  const { node, cpu } = findings.machine;
  const section = `CPU time per request in µs, and in brackets the speed relative to the same route without a guard. Node ${node}, ${cpu}, 32 connections:\n\n${figures(findings)}`;
  // The settings of the project's other files, which its samples are held to as well.
  const settings = await resolveConfig(fileURLToPath(import.meta.url));
  return format([before, BEGIN, '\n\n', section, '\n\n', END, after].join(''), {
    ...settings,
    parser: 'markdown',
  });
}

function figures({ lines }: Findings): string {
  return table(
    ['before `GET /me`', 'Express', 'Fastify'],
    SHOWN.flatMap((shown) => {
      const cells = ADAPTERS.map((adapter) => {
        const line = lines.find((one) => one.name === shown && one.adapter === adapter);
        return line && `${line.cpuMicros.toFixed(0)} (${line.share.median.toFixed(2)})`;
      });
      return cells.some((cell) => cell !== undefined)
        ? [[shown, ...cells.map((cell) => cell ?? '')]]
        : [];
    }),
  );
}
