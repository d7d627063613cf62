/** The page on NestJS names a test for each of its lines, and each of them is there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PAGE = readFileSync('docs/nestjs.md', 'utf8');
const ROWS = [...PAGE.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)]
  .map(([, what = '', , shown = '']): [what: string, shown: string] => [what, shown])
  .filter(([what]) => !what.startsWith('-') && what !== 'what the application has');

it('has a line for what applications put around their routes', () => {
  const text = ROWS.map(([what]) => what).join('\n');
  for (const subject of [
    'APP_FILTER',
    'filter that throws',
    '@Res()',
    'ValidationPipe',
    'wraps every response',
    'versioning',
    'prefix',
    'durable',
    'request.user',
    'CORS',
    'bodyParser',
    'compression',
    'helmet',
    'middleware',
    'lazy',
    'hybrid',
  ]) {
    expect(text).toContain(subject);
  }
});

it.each(ROWS)('%s: %s', (_what, shown) => {
  const [, file = '', title = ''] = /^`([\w./-]+\.spec\.ts) › (.+)`$/.exec(shown) ?? [];
  const path = `test/${file}`;
  expect(existsSync(path), path).toBe(true);
  const quoted = [`'${title}'`, `"${title}"`];
  expect(
    quoted.some((text) => readFileSync(path, 'utf8').includes(text)),
    title,
  ).toBe(true);
});
