import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DECISION_CODES } from '../../lib/decision/refusal.js';
import { codeBlocks } from '../support/code-blocks.js';
import { compile } from './support/compile.js';

const FOLDER = resolve('docs/policies');
const PAGES = readdirSync(FOLDER).map((name) => ({
  name,
  text: readFileSync(join(FOLDER, name), 'utf8'),
}));
/** What an application has around the samples. */
const SURROUNDINGS = {
  'user.entity.ts': `
    export class User {
      id = ''; subject = ''; passwordHash = ''; email = ''; status = ''; tokenVersion = 0;
      latestSignIn: string | null = null;
      suspendedUntil: Date | null = null; validUntil: Date | null = null; deletedAt: Date | null = null;
    }`,
  'globals.d.ts': 'declare const SECRET: string;',
};

describe('the pages on policies', () => {
  it('show code that compiles in an application', () => {
    const samples = PAGES.flatMap(({ name }) =>
      codeBlocks('ts', undefined, `docs/policies/${name}`).map((code, index): [string, string] => [
        `${name}.${index}.ts`,
        code,
      ]),
    );
    expect(samples.length).toBeGreaterThanOrEqual(PAGES.length);
    expect(compile(FOLDER, { ...SURROUNDINGS, ...Object.fromEntries(samples) })).toEqual([]);
    // The compiler reads the types of Nest and TypeORM; on a busy machine that takes its time.
  });

  it.each(PAGES.filter(({ name }) => name !== 'writing-your-own.md'))(
    '$name says what to configure, what it costs, what it leaves open and what it answers',
    ({ text }) => {
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(
        expect.arrayContaining([
          'Protects against',
          'Configure',
          'Costs',
          'Does not cover',
          'Refused with',
        ]),
      );
      const [, refused = ''] = text.split('## Refused with');
      const codes = [...refused.matchAll(/`(\w+)`/g)].map(([, code]) => code);
      expect(codes.length).toBeGreaterThan(0);
      expect([...DECISION_CODES, 'token_expired', 'token_missing']).toEqual(
        expect.arrayContaining(codes),
      );
    },
  );

  it('link to pages that exist', () => {
    const names = PAGES.map(({ name }) => name);
    const links = PAGES.flatMap(({ text }) => [...text.matchAll(/\]\(([\w-]+\.md)\)/g)]);
    expect(names).toEqual(expect.arrayContaining(links.map(([, target]) => target)));
  });
});
