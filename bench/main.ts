/** `npm run bench`: measures what guards cost, and writes what it found to bench/results/. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { aims } from './aims.js';
import { growth, type Series } from './growth.js';
import { pinning } from './load/pinning.js';
import { microBenchmarks } from './micro/run.js';
import { benchOptions } from './options.js';
import { hasPeers } from './peers.js';
import { growthLinesOf } from './report/growth.js';
import { limitsOf } from './report/limits.js';
import { machine } from './report/machine.js';
import { plot } from './report/plot.js';
import { readmeWith } from './report/readme.js';
import { type Findings, reportOf } from './report/report.js';
import { comparisonsOf, linesOf } from './report/summary.js';
import { type Measured, rounds } from './rounds.js';
import { RunDatabases } from './run-databases.js';
import { type Variant, variants } from './variants.js';

const RESULTS = new URL('../../bench/results/', import.meta.url);
const README = new URL('../../README.md', import.meta.url);

const say = (line: string) => console.error(line);
const options = benchOptions(process.argv.slice(2));
const pinned = pinning();
const began = performance.now();
if (!hasPeers()) say('without peers: npm ci --prefix bench/peers installs them');

// First, since it takes a moment: what fails here must not cost what takes a quarter of an hour.
const micro = options.parts.includes('pieces') ? await microBenchmarks(pinned) : [];
const { routes, grown, series } = await RunDatabases.use(async (databases) => {
  if (databases.postgres === undefined) say('without PostgreSQL: TEST_POSTGRES_URL is not set');
  if (databases.redis === undefined) say('without Redis: TEST_REDIS_URL is not set');
  const routes: Measured[] = [];
  // One adapter after the other: every server of a round runs all the while.
  for (const adapter of options.parts.includes('routes') ? options.adapters : []) {
    // oxlint-disable-next-line no-await-in-loop
    routes.push(...(await measure(variants(databases, adapter), options.passes)));
  }
  const series = options.parts.includes('growth') ? await growth(databases) : [];
  const grown = await measure(variantsOf(series), Math.ceil(options.passes / 2));
  return { routes, grown, series };
});

const lines = linesOf(routes);
const growthLines = growthLinesOf(grown, series);
const findings: Findings = {
  machine: machine(pinned.description),
  passes: options.passes,
  sliceSeconds: options.sliceSeconds,
  lines,
  comparisons: comparisonsOf([...routes, ...grown], aims()),
  growth: growthLines,
  limits: limitsOf(lines, growthLines),
  micro,
};
const report = reportOf(findings);
console.log(report);

if (options.write) {
  await mkdir(RESULTS, { recursive: true });
  const name = `node-${process.versions.node.split('.')[0]}`;
  const write = (suffix: string, content: string) =>
    writeFile(new URL(`${name}.${suffix}`, RESULTS), content);
  await write('md', `# Results on Node ${process.version}\n\n${report}\n`);
  await write('json', `${JSON.stringify(findings, null, 2)}\n`);
  await write('svg', plot(`CPU time per request, Node ${process.version}`, lines));
  await writeFile(README, await readmeWith(await readFile(README, 'utf8'), findings));
  say(`written to ${fileURLToPath(RESULTS)} and README.md`);
}
say(`took ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
process.exit();

function variantsOf(all: readonly Series[]): Variant[] {
  return all.flatMap(({ steps }) => steps.map(({ variant }) => variant));
}

function measure(all: readonly Variant[], passes: number): Promise<Measured[]> {
  const { only } = options;
  const chosen = all.filter(
    ({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  return rounds(chosen, { ...options, passes, pinning: pinned, say });
}
