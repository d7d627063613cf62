/** `npm run bench`: measures what guards cost, and writes what it found to bench/results/. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { aims } from './aims.js';
import { pinning } from './load/pinning.js';
import { benchOptions } from './options.js';
import { microBenchmarks } from './micro/run.js';
import { machine } from './report/machine.js';
import { comparisonsTable, linesTable, machineText, piecesTable } from './report/markdown.js';
import { plot } from './report/plot.js';
import { comparisonsOf, linesOf } from './report/summary.js';
import { type Measured, rounds } from './rounds.js';
import { withDatabases } from './run-databases.js';
import { type Databases, variants } from './variants.js';

const BENCH = new URL('../../bench/', import.meta.url);

const say = (line: string) => console.error(line);
const options = benchOptions(process.argv.slice(2));
const pinned = pinning();
const hasPeers = existsSync(new URL('peers/node_modules', BENCH));
if (!hasPeers) say('without peers: npm ci --prefix bench/peers installs them');

const measured = options.parts.includes('routes') ? await withDatabases(routes) : [];
const micro = options.parts.includes('pieces') ? await microBenchmarks(pinned) : [];

const lines = linesOf(measured);
const comparisons = comparisonsOf(measured, aims());
const where = machine(pinned.description);
const how = `Medians over ${options.passes} interleaved passes of ${options.sliceSeconds} s.`;
const sections: [string, string, readonly unknown[]][] = [
  ...options.adapters.map((adapter): [string, string, readonly unknown[]] => {
    const own = lines.filter((line) => line.adapter === adapter);
    return [adapter, linesTable(own), own];
  }),
  ['Ratios', comparisonsTable(comparisons), comparisons],
  ['Pieces', piecesTable(micro), micro],
];
const report = [
  ...sections
    .filter(([, , rows]) => rows.length > 0)
    .map(([title, content]) => `## ${title}\n\n${content}`),
  machineText(where),
].join('\n\n');
console.log(`${how}\n\n${report}`);

if (options.write) {
  const results = new URL('results/', BENCH);
  await mkdir(results, { recursive: true });
  const name = `node-${process.versions.node.split('.')[0]}`;
  const write = (suffix: string, content: string) =>
    writeFile(new URL(`${name}.${suffix}`, results), content);
  await write('md', `# Results on Node ${process.version}\n\n${how}\n\n${report}\n`);
  await write(
    'json',
    `${JSON.stringify({ machine: where, options, lines, comparisons, micro }, null, 2)}\n`,
  );
  await write('svg', plot(`CPU time per request, Node ${process.version}`, lines));
  say(`written to ${fileURLToPath(results)}`);
}
process.exit();

function routes(databases: Databases): Promise<Measured[]> {
  const { postgres, redis } = databases;
  if (postgres === undefined) say('without PostgreSQL: TEST_POSTGRES_URL is not set');
  if (redis === undefined) say('without Redis: TEST_REDIS_URL is not set');
  const chosen = variants(databases, options.adapters).filter(
    ({ name, program }) =>
      (options.only.length === 0 || options.only.some((part) => name.includes(part))) &&
      (hasPeers || !program[0]?.includes('peers')),
  );
  return rounds(chosen, { ...options, pinning: pinned, say });
}
