/**
 * Renders the drawings of docs/ from their sources, and writes the list of rooms into docs/architecture.md.
 * With `--check` it writes nothing and fails when a result is older than its source.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instance } from '@viz-js/viz';
import { FLOORS } from '../../rooms.mjs';
import { houseOf, tableOf } from './house.mjs';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const read = (name) => readFileSync(pathOf(name), 'utf8');

/** The colours of the drawings on a light page, and in their place on a dark one. */
const DARK = {
  fill: {
    '#ffffff': '#0d1117',
    '#f6f8fa': '#21262d',
    '#ddf4ff': '#0c2d4d',
    '#fff8c5': '#3d2f00',
    '#dafbe1': '#0f3320',
    '#fbefff': '#3b1f5f',
    '#ffeff7': '#4a1735',
    '#eaeef2': '#30363d',
    '#1f2328': '#e6edf3',
    '#59636e': '#9ea7b3',
    '#cf222e': '#ff7b72',
  },
  stroke: {
    '#8c959f': '#6e7681',
    '#0969da': '#58a6ff',
    '#9a6700': '#d29922',
    '#1a7f37': '#3fb950',
    '#8250df': '#bc8cff',
    '#bf3989': '#f778ba',
    '#59636e': '#9ea7b3',
    '#cf222e': '#ff7b72',
  },
};

const rules = Object.entries(DARK).flatMap(([property, colours]) =>
  Object.entries(colours).map(
    ([light, dark]) => `      [${property}="${light}"] { ${property}: ${dark}; }`,
  ),
);
const STYLE = `<style>
    @media (prefers-color-scheme: dark) {
${rules.join('\n')}
    }
  </style>`;

const viz = await instance();

function svgOf(dot, title) {
  const svg = viz.renderString(dot, { format: 'svg' });
  return svg
    .slice(svg.indexOf('<svg'))
    .replaceAll('Helvetica,sans-Serif', 'Helvetica, Arial, sans-serif')
    .replace(/(<svg[^>]*>)/, `$1\n  <title>${title}</title>\n  ${STYLE}`);
}

/** The page with what stands between the two marks replaced. */
function withRooms(page) {
  const [begin, end] = ['<!-- rooms: written by npm run docs:diagrams -->', '<!-- rooms: end -->'];
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before)
    throw new Error(`docs/architecture.md has no ${begin} before ${end}.`);
  return `${page.slice(0, before + begin.length)}\n\n${tableOf(FLOORS)}\n\n${page.slice(after)}`;
}

const results = {
  'rooms.svg': svgOf(houseOf(FLOORS), 'The rooms of lib/'),
  'request.svg': svgOf(read('request.dot'), 'The way of a request'),
  '../architecture.md': withRooms(read('../architecture.md')),
};

const old = Object.entries(results).filter(([name, text]) => {
  try {
    return read(name) !== text;
  } catch {
    return true;
  }
});
if (!process.argv.includes('--check')) {
  for (const [name, text] of old) writeFileSync(pathOf(name), text);
} else if (old.length > 0) {
  const names = old.map(([name]) => name).join(', ');
  console.error(`Older than its source in docs/diagrams: ${names}. Run npm run docs:diagrams.`);
  process.exitCode = 1;
}
