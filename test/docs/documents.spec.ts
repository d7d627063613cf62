/** What the documents name is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as library from '../../lib/index.js';
import { DECISION_CODES } from '../../lib/decision/refusal.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'test/README.md',
  'sample-app/README.md',
  'bench/README.md',
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const text = (document: string) => readFileSync(join(PROJECT, document), 'utf8');

/** As GitHub and npm make anchors of headings. */
const anchors = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

it.each(documents)('the links of %s lead somewhere', (document) => {
  for (const [, path = '', anchor] of text(document).matchAll(
    /\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g,
  )) {
    const target = path === '' ? document : join(dirname(document), path);
    expect(existsSync(join(PROJECT, target)), target).toBe(true);
    if (anchor !== undefined) expect(anchors(text(target))).toContain(anchor);
  }
});

describe.each(['README.md', 'docs/errors.md'])('%s', (document) => {
  it('has every code, those of the state in their order of precedence', () => {
    const rows = [...text(document).matchAll(/^\| \d{3} +\| `(\w+)`/gm)].map(([, code]) => code);
    expect(rows).toEqual([
      'token_missing',
      'token_malformed',
      'token_expired',
      'token_invalid',
      ...DECISION_CODES,
      'refresh_reused',
      'insufficient_user_authentication',
      'insufficient_role',
      'cross_site_request',
      'session_limit',
      'invalid_request',
      'not_found',
      'auth_unavailable',
    ]);
  });
});

it('every policy that is exported has a row in the table of techniques', () => {
  const policies = readdirSync(join(PROJECT, 'lib/decision/policies'))
    .map((file) => file.replace('.ts', '').replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase()))
    .filter((name) => name in library);
  expect(policies).toContain('denylist');
  for (const name of policies) expect(text('README.md')).toMatch(new RegExp(`\\| \`${name}\\(`));
});
