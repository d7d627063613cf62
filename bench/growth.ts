import type { LogKind } from './server/log-rows.js';
import type { GuardSpec } from './server/spec.js';
import { library, passport, type Variant, variant } from './variants.js';

/** Variants that differ in one amount alone. */
export interface Series {
  /** What there is more and more of. */
  readonly name: string;
  /** The first is what the others are held against. */
  readonly steps: readonly { readonly amount: number; readonly variant: Variant }[];
  /** Whether the amount is of things in memory, so that heap can be told for each. */
  readonly inMemory?: boolean;
}

/** Where the databases of this part are. */
export interface GrownDatabases {
  /** A database whose log holds so many rows of that kind. */
  grown(kind: LogKind, count: number): Promise<string>;
  readonly empty: string;
  /** Whether there is a PostgreSQL, for reads that many connections share. */
  readonly postgres: string | undefined;
}

const CHANGES = [0, 10_000, 1_000_000] as const;
const TOKENS = [1, 10, 100, 1_000, 100_000] as const;
const CONNECTIONS = [1, 8, 64, 256] as const;

export const SERIES = {
  subjects: 'changed subjects in memory, tracked',
  tokens: 'denied tokens in memory, tracked',
  denied: 'denied tokens in the table, strict',
  distinct: 'different tokens, tracked',
  connections: 'connections, strict',
  byHand: 'connections, one SQL statement by hand',
} as const;

/** A name for one step of a series. */
export function stepName(series: string, amount: number): string {
  return `${amount.toLocaleString('en')} ${series}`;
}

/** How cost grows. On Fastify alone: its own share of a request is the smaller one, and hides less. */
export async function growth(databases: GrownDatabases): Promise<Series[]> {
  const { empty, postgres } = databases;
  const grown = async (name: string, kind: LogKind, freshness: 'strict' | 'tracked') => {
    const urls = await Promise.all(CHANGES.map((amount) => databases.grown(kind, amount)));
    const inMemory = freshness === 'tracked';
    return series({ name, inMemory }, CHANGES, (_amount, index) => ({
      guard: library({ database: urls[index] ?? '', freshness }),
    }));
  };
  const all = [
    await grown(SERIES.subjects, 'subject', 'tracked'),
    await grown(SERIES.tokens, 'token', 'tracked'),
    await grown(SERIES.denied, 'token', 'strict'),
    series({ name: SERIES.distinct }, TOKENS, (tokens) => ({
      guard: library({ database: empty }),
      load: { tokens },
    })),
  ];
  if (postgres === undefined) return all;
  const byHand = passport(
    { algorithm: 'HS256', key: 'object' },
    { kind: 'statement', database: postgres },
  );
  const strict = library({ database: postgres, freshness: 'strict' });
  return [
    ...all,
    ...[strict, byHand].map((guard) =>
      series(
        { name: guard === strict ? SERIES.connections : SERIES.byHand },
        CONNECTIONS,
        (connections) => ({ guard, load: { connections } }),
      ),
    ),
  ];
}

function series(
  { name, inMemory }: Pick<Series, 'name' | 'inMemory'>,
  amounts: readonly number[],
  make: (
    amount: number,
    index: number,
  ) => { readonly guard: GuardSpec; readonly load?: Pick<Variant, 'connections' | 'tokens'> },
): Series {
  return {
    name,
    ...(inMemory === undefined ? {} : { inMemory }),
    steps: amounts.map((amount, index) => {
      const { guard, load } = make(amount, index);
      return { amount, variant: variant(stepName(name, amount), 'fastify', guard, load) };
    }),
  };
}
