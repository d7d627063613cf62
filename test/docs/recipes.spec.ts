/** The patches that the page shows are those that the suite `adoption` applies. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const APPLICATIONS = 'test/adoption';
const names = readdirSync(APPLICATIONS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const shown = [...readFileSync('docs/recipes.md', 'utf8').matchAll(/^```diff\n([^]*?)^```$/gm)].map(
  ([, patch]) => patch,
);

describe('docs/recipes.md', () => {
  it.each(names)('shows the patch of %s as it is', (name) => {
    expect(shown).toContain(readFileSync(`${APPLICATIONS}/${name}/adopt.patch`, 'utf8'));
  });

  it('shows no other', () => {
    expect(shown).toHaveLength(names.length);
  });
});
