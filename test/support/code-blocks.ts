import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The code blocks of a document in one language, in order; those after `<!-- mark -->` when given.
 *
 * @param document its path, from the root of the project
 */
export function codeBlocks(
  language: string,
  mark?: string,
  document = 'README.md',
): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../${document}`, import.meta.url)), 'utf8');
  const marked = mark === undefined ? '' : `<!-- ${mark} -->\\n\\n`;
  const block = new RegExp(`^${marked}\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...text.matchAll(block)].map(([, code = '']) => code);
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
