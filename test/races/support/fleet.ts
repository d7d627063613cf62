/** Several processes of the library on one database, told by messages what to do. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TokenPair } from 'nestjs-revocable-jwt';
import { createTestDatabase, type DatabaseKind } from '../../support/databases.js';

/** Something to do, as `racer.mjs` knows it. */
export type Order = { readonly delayMs?: number } & (
  | { readonly deed: 'add'; readonly ids: readonly number[] }
  | { readonly deed: 'load' | 'revoke' | 'disable' | 'enable'; readonly id: number }
  | { readonly deed: 'signIn'; readonly user: unknown }
  | { readonly deed: 'refresh' | 'request'; readonly token: string }
  | { readonly deed: 'logout'; readonly sessionId: string; readonly id: number }
  | { readonly deed: 'end'; readonly sessionId: string }
);

/** What came of it. */
export interface Outcome {
  /** `accepted`, or what it was refused or failed with. */
  readonly code: string;
  readonly value?: unknown;
  readonly message?: string;
}

interface Answer {
  readonly number: number;
  readonly outcomes: readonly Outcome[];
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const RACER = fileURLToPath(new URL('racer.mjs', import.meta.url));
/** The bound of the one that is tracked. */
const MAX_STALENESS_MS = 300;

/** How long three processes may take to start on a machine that has a lot to do. */
export const START_MS = 300_000;

export class Fleet {
  private readonly waiting = new Map<number, Waiting>();
  private numbers = 0;
  private ids = 0;

  private constructor(
    private readonly processes: readonly ChildProcess[],
    private readonly drop: () => Promise<void>,
  ) {
    for (const racer of processes) {
      racer.on('message', (answer: Answer) => {
        this.waiting.get(answer.number)?.resolve(answer);
        this.waiting.delete(answer.number);
      });
      // A caller would wait for it for ever.
      racer.on('exit', () => {
        for (const { reject } of this.waiting.values()) reject(new Error('A process died.'));
      });
    }
  }

  /** Three processes, of which the last is in tracked freshness. */
  static async start(kind: DatabaseKind): Promise<Fleet> {
    const database = await createTestDatabase(kind);
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      SECRET: randomBytes(32).toString('hex'),
    };
    const begin = async (more: NodeJS.ProcessEnv) => {
      const racer = fork(RACER, { env: { ...env, ...more }, execArgv: [] });
      await Promise.race([once(racer, 'message'), diedOf(racer)]);
      return racer;
    };
    const first = await begin({ MIGRATE: 'true' });
    const others = [{}, { FRESHNESS: String(MAX_STALENESS_MS) }].map((more) => begin(more));
    return new Fleet([first, ...(await Promise.all(others))], () => database.drop());
  }

  get size(): number {
    return this.processes.length;
  }

  /** What comes of orders that a process carries out side by side. */
  async tell(index: number, orders: readonly Order[]): Promise<readonly Outcome[]> {
    const racer = this.processes[index % this.size];
    if (racer === undefined) throw new Error('There is no process.');
    const number = ++this.numbers;
    const answered = new Promise<Answer>((resolve, reject) =>
      this.waiting.set(number, { resolve, reject }),
    );
    racer.send({ number, orders });
    return (await answered).outcomes;
  }

  /** What comes of one order. */
  async ask(index: number, order: Order): Promise<Outcome> {
    const [outcome] = await this.tell(index, [order]);
    if (outcome === undefined) throw new Error('A process gave no outcome.');
    return outcome;
  }

  /** The same where it must succeed. */
  async get(index: number, order: Order): Promise<unknown> {
    const { code, value, message } = await this.ask(index, order);
    if (code !== 'accepted') throw new Error(`${order.deed}: ${code}: ${message}`);
    return value;
  }

  /** Somebody new: the id, and the row as it was loaded to check a password. */
  async newcomers(count: number): Promise<readonly { id: number; user: unknown }[]> {
    const ids = Array.from({ length: count }, () => ++this.ids);
    await this.get(0, { deed: 'add', ids });
    const loaded = await this.tell(
      0,
      ids.map((id) => ({ deed: 'load', id })),
    );
    return ids.map((id, index) => ({ id, user: loaded[index]?.value }));
  }

  /** Until what was committed is in force in every process. */
  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, MAX_STALENESS_MS));
  }

  async close(): Promise<void> {
    for (const racer of this.processes) racer.disconnect();
    await Promise.all(
      this.processes.map((racer) => (racer.exitCode === null ? once(racer, 'exit') : undefined)),
    );
    await this.drop();
  }
}

/** The pair in an outcome that was accepted. */
export function pairIn({ code, value }: Outcome): TokenPair | undefined {
  return code === 'accepted' && isPair(value) ? value : undefined;
}

function isPair(value: unknown): value is TokenPair {
  return typeof value === 'object' && value !== null && 'refreshToken' in value;
}

async function diedOf(racer: ChildProcess): Promise<never> {
  await once(racer, 'exit');
  throw new Error('A process did not start.');
}
