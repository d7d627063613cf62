import type { Line } from './summary.js';

const BAR = 16;
const GAP = 6;
const LABELS = 330;
const WIDTH = 420;

/** Bars of CPU time per request, one panel for each adapter, as SVG. */
export function plot(title: string, lines: readonly Line[]): string {
  const adapters = [...new Set(lines.map(({ adapter }) => adapter))];
  const parts: string[] = [];
  let y = 34;
  for (const adapter of adapters) {
    const own = lines.filter((line) => line.adapter === adapter);
    parts.push(text(10, y, adapter, 'font-weight="bold"'));
    y += 10;
    const most = Math.max(...own.map(({ cpuMicrosTo }) => cpuMicrosTo));
    for (const line of own) {
      parts.push(bar(line, y, (micros) => (micros / most) * WIDTH));
      y += BAR + GAP;
    }
    y += 28;
  }
  const size = `width="${LABELS + WIDTH + 90}" height="${y}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(10, 16, title, ''),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** A bar, with a whisker over the middle half of the passes. */
function bar(line: Line, y: number, scale: (micros: number) => number): string {
  const middle = y + BAR / 2;
  const [from, to] = [line.cpuMicrosFrom, line.cpuMicrosTo].map((micros) => LABELS + scale(micros));
  const fill = line.name.startsWith('this library') ? '#1f77b4' : '#b0b0b0';
  return [
    text(LABELS - 8, middle + 4, line.name, 'text-anchor="end"'),
    `<rect x="${LABELS}" y="${y}" width="${scale(line.cpuMicros).toFixed(1)}" height="${BAR}" fill="${fill}"/>`,
    `<path d="M${from?.toFixed(1)} ${middle}H${to?.toFixed(1)}" stroke="black"/>`,
    text((to ?? 0) + 6, middle + 4, `${line.cpuMicros.toFixed(0)} µs`, ''),
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`;
}
