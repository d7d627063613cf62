/** The page on security names tests: each of them is there, and no requirement is without a row. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const PAGE = readFileSync('docs/security.md', 'utf8');
const ROWS = [...PAGE.matchAll(/^\| (.*?) +\| (.*?) +\| (.*?) +\|$/gm)].map(
  ([, what = '', , shown = '']) => ({ what, shown }),
);
const NAMED = [...PAGE.matchAll(/`([\w./-]+\.spec\.ts) › ([^`]+)`/g)].map(
  ([, file = '', title = '']): [file: string, title: string] => [file, title],
);

it('names tests', () => {
  expect(NAMED.length).toBeGreaterThan(60);
});

it.each(NAMED)('%s › %s is there', (file, title) => {
  const path = `test/${file}`;
  expect(existsSync(path), path).toBe(true);
  expect(title.length, 'a title that says something').toBeGreaterThan(8);
  expect(readFileSync(path, 'utf8')).toContain(title);
});

/** Requirement ids: `7.4` has five, and so on. */
const numbered = (chapters: Readonly<Record<string, number>>) =>
  Object.entries(chapters).flatMap(([chapter, count]) =>
    Array.from({ length: count }, (_, index) => `${chapter}.${index + 1}`),
  );

describe.each([
  ['RFC 8725', numbered({ 3: 12 })],
  ['ASVS 5.0, V7', numbered({ 7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2 })],
  ['ASVS 5.0, V9', numbered({ 9.1: 3, 9.2: 4 })],
  ['ASVS 5.0, V10, refresh tokens', ['10.4.5', '10.4.8', '10.4.9']],
])('%s', (_, ids) => {
  it.each(ids)('%s has a row, with a test or the plain words that it is not covered', (id) => {
    const row = ROWS.find(({ what }) => new RegExp(`(?:^|, )${id}(?:,| )`).test(what));
    expect(row?.shown).toMatch(/^`[\w./-]+\.spec\.ts › |^not covered/);
  });
});
