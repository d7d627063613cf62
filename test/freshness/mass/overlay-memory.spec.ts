/** What an entry of the overlay takes: there may be a million. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Overlay } from '../../../lib/freshness/tracked/overlay.js';
import { heapInUse } from './heap.js';

const ENTRIES = 200_000;
/** Bytes of heap for one entry, the text of its name among them. */
const LIMIT = 120;

it.each(['subject', 'token', 'session'] as const)('a %s that changed', (kind) => {
  const overlay = new Overlay();
  const before = heapInUse();
  for (let entry = 0; entry < ENTRIES; entry++) {
    // As drivers give texts: read from bytes, and not put together of parts.
    const ref = Buffer.from(randomUUID()).toString();
    overlay.apply({ kind, ref, code: null }, 1_000_000);
  }
  const bytes = (heapInUse() - before) / ENTRIES;
  console.log(`${kind}: ${bytes.toFixed(1)} bytes of heap an entry`);
  expect(overlay.size).toBe(ENTRIES);
  expect(bytes).toBeLessThanOrEqual(LIMIT);
});
