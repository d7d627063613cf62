import { USERS } from '../server/server.js';
import type { Variant } from '../variants.js';
import { Child } from './child.js';
import { Load } from './load.js';
import type { Pinning } from './pinning.js';

/** A server that waits for a database at each request is warm before it has answered so many. */
const WARM_UP_SECONDS = 4;
const WARM_UP_PARTS = 6;

/** What one slice of requests showed. */
export interface Slice {
  /** Of the server's process, per request, in microseconds. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Statements sent to PostgreSQL, per request. */
  readonly statements: number;
}

/** A variant whose server runs. */
export class Subject {
  /** The user whose token was ended last: each once, since servers share their databases. */
  private static victim = USERS;
  private pace = 0;

  private constructor(
    readonly variant: Variant,
    private readonly child: Child,
    private readonly load: Load,
  ) {}

  /** Starts it, and makes sure that it does what its name says before anybody measures it. */
  static async start(variant: Variant, pinning: Pinning): Promise<Subject> {
    const child = await Child.start({ argv: variant.program, pinning });
    try {
      if (variant.guarded) await checkGuard(variant.name, child, ++Subject.victim);
      const { connections = 32, tokens = 1 } = variant;
      const load = new Load(child.origin, connections, await child.tokens(tokens));
      return new Subject(variant, child, load);
    } catch (error) {
      child.stop();
      throw new Error(`${variant.name} (${variant.adapter}): ${String(error)}`, { cause: error });
    }
  }

  /** Requests until the just-in-time compiler has seen enough, and how many make a slice of that length. */
  async warmUp(requests: number): Promise<void> {
    const count = Math.ceil(requests / WARM_UP_PARTS);
    let spent = 0;
    for (let part = 0; part < WARM_UP_PARTS && spent < WARM_UP_SECONDS; part++) {
      // oxlint-disable-next-line no-await-in-loop
      const { seconds } = await this.load.run(count);
      spent += seconds;
      this.pace = count / seconds;
    }
  }

  /**
   * So many requests as take about that long. The server is idle before and after, so that the
   * difference of its counters belongs to these requests, to the last of them.
   */
  async slice(seconds: number): Promise<Slice> {
    const count = Math.max(64, Math.round(this.pace * seconds));
    const before = await this.child.usage();
    const outcome = await this.load.run(count);
    const after = await this.child.usage();
    this.pace = count / outcome.seconds;
    return {
      cpuMicros: (after.cpuMicros - before.cpuMicros) / count,
      perSecond: this.pace,
      p50Ms: outcome.latency.percentile(50) / 1e6,
      p99Ms: outcome.latency.percentile(99) / 1e6,
      statements: (after.statements - before.statements) / count,
    };
  }

  /**
   * Bytes of JavaScript heap that one request allocates; the smallest of a few measurements, by fewer
   * requests where so many do not fit between two collections.
   */
  async allocation(): Promise<number> {
    let least = Infinity;
    for (const count of [200, 200, 200, 50, 50]) {
      // oxlint-disable-next-line no-await-in-loop
      least = Math.min(least, await this.allocationOnce(count));
    }
    return least;
  }

  /** Bytes of JavaScript heap that are in use while nobody asks anything. */
  async heapAtRest(): Promise<number> {
    await this.child.collect();
    return (await this.child.usage()).heapBytes;
  }

  async stop(): Promise<void> {
    await this.load.close();
    this.child.stop();
  }

  /** Between two collections the heap only grows; a measurement with one in between says nothing. */
  private async allocationOnce(count: number): Promise<number> {
    await this.child.collect();
    const before = await this.child.usage();
    await this.load.run(count);
    const after = await this.child.usage();
    if (after.collections !== before.collections) return Infinity;
    return (after.heapBytes - before.heapBytes) / count;
  }
}

async function checkGuard(name: string, child: Child, victim: number): Promise<void> {
  const [token = ''] = await child.tokens(1, victim);
  const forged = `${token.slice(0, -12)}${'A'.repeat(12)}`;
  await expectStatus(child, name, 'without a token', 401);
  await expectStatus(child, name, 'with a forged token', 401, forged);
  await expectStatus(child, name, 'with its token', 200, token);
  if (!child.revokes) return;
  await child.revoke(token);
  await expectStatus(child, name, 'with a revoked token', 401, token);
}

async function expectStatus(
  { origin }: Child,
  name: string,
  how: string,
  expected: number,
  token?: string,
): Promise<void> {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { status } = await fetch(`${origin}/me`, { headers });
  if (status !== expected) {
    throw new Error(`"${name}" answered ${status} ${how}, where ${expected} was expected.`);
  }
}
