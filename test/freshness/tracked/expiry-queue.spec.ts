/** When entries may leave, kept for many entries at a time. */
import { describe, expect, it } from 'vitest';
import { ExpiryQueue } from '../../../lib/freshness/tracked/expiry-queue.js';

describe('Departures', () => {
  it('nothing leaves before its instant, and all up to it from then on', () => {
    const departures = new ExpiryQueue();
    departures.note(1, 10_000);
    departures.note(2, 20_000);
    expect(departures.leftBy(9_999)).toBe(0);
    expect(departures.leftBy(10_000)).toBe(1);
    expect(departures.leftBy(19_999)).toBe(1);
    expect(departures.leftBy(20_000)).toBe(2);
  });

  it('instants within a second are one, the last: none leaves early', () => {
    const departures = new ExpiryQueue();
    departures.note(1, 10_000);
    departures.note(2, 10_999);
    departures.note(3, 10_500);
    expect(departures.leftBy(10_998)).toBe(0);
    expect(departures.leftBy(10_999)).toBe(3);
  });

  it('a second counts from the first: a steady stream leaves too', () => {
    const departures = new ExpiryQueue();
    for (let version = 1; version <= 100; version++)
      departures.note(version, 10_000 + version * 100);
    // Those until 10_099, and not all hundred at the instant of the last.
    expect(departures.leftBy(11_100)).toBe(10);
  });

  it('a life that gets shorter lets nothing leave before what came first', () => {
    const departures = new ExpiryQueue();
    departures.note(1, 90_000);
    departures.note(2, 10_000);
    expect(departures.leftBy(50_000)).toBe(0);
    expect(departures.leftBy(90_000)).toBe(2);
  });

  it('what was said to have left stays so, also when the clock goes back', () => {
    const departures = new ExpiryQueue();
    departures.note(1, 10_000);
    expect([departures.leftBy(10_000), departures.leftBy(5_000)]).toEqual([1, 1]);
  });
});
