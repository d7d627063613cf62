import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

/** The code blocks of the README in one language, in order; those after `<!-- mark -->` when given. */
export function codeBlocks(language: string, mark?: string): readonly string[] {
  const marked = mark === undefined ? '' : `<!-- ${mark} -->\\n\\n`;
  const block = new RegExp(`^${marked}\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...README.matchAll(block)].map(([, code = '']) => code);
}

/** The blocks that are whole files: those that begin with a comment that names one. */
export function files(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    codeBlocks('ts').flatMap((code) => {
      const [, path] = /^\/\/ (src\/\S+)\n/.exec(code) ?? [];
      return path === undefined ? [] : [[path, code]];
    }),
  );
}
