import { type Reply, whoami } from './http.js';

/** Sends so many requests, a few at a time, and gives the replies. */
export async function load(
  count: number,
  atOnce: number,
  next: (index: number) => { readonly url: string; readonly token: string },
): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  let index = 0;
  const worker = async () => {
    while (index < count) {
      const { url, token } = next(index++);
      // Each worker has one request on its way.
      // oxlint-disable-next-line no-await-in-loop
      replies.push(await whoami(url, token));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return replies;
}

/** Runs work for each item, so many at once. */
export async function each<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const worker = async () => {
    // Workers share the entries.
    // oxlint-disable-next-line no-await-in-loop
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** How many replies there are of each status. */
export function statuses(replies: readonly Reply[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of replies) counts[String(status)] = (counts[String(status)] ?? 0) + 1;
  return counts;
}
