import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * What becomes of bytes that go through.
 *
 * - `swallow`: they are taken, and nothing is said. A connection that lost bytes is dead for good,
 *   as behind a firewall that has forgotten it: what is sent later could not be made sense of.
 * - `hold`: they wait until it is healed, as TCP sends again what a network lost for a while.
 */
export type Fault = 'pass' | 'swallow' | 'hold' | { readonly delayMs: number };

/** Which connections: all, or those that wait for messages (LISTEN, SUBSCRIBE). */
export type Links = 'all' | 'listening';

/** A way to a server on which everything can go wrong that goes wrong on networks. */
export interface FaultProxy {
  /** The same address, by way of the proxy. */
  readonly url: string;
  /** How many connections it has taken. */
  readonly accepted: number;
  /** How many of them are open now, and how many bytes went to the server: what the client sent. */
  readonly open: number;
  readonly bytesToServer: number;
  /** Ends connections; takes new ones. */
  cut(links?: Links): void;
  /** Ends every connection, and each new one at once. */
  refuse(): void;
  /** What becomes of bytes from now on, by direction. */
  fault(fault: Fault, direction?: 'both' | 'toServer' | 'toClient', links?: Links): void;
  /**
   * Ends the connection on which the next such statement is sent: before the server gets it, or after
   * the server has carried it out, in place of its answer; or loses it, with all that follows.
   */
  cutAt(statement: RegExp, when: Trap['when']): void;
  /** Whether that has happened. */
  readonly hasCut: boolean;
  /** Sends bytes to clients that the server never sent. */
  inject(bytes: string | Uint8Array, links?: Links): void;
  /** As it was in the beginning; connections that are dead stay dead. */
  heal(): void;
  close(): Promise<void>;
}

type Direction = 'toServer' | 'toClient';
type Faults = Readonly<Record<Direction, Fault>>;

const HEALTHY: Faults = { toServer: 'pass', toClient: 'pass' };
const LISTENS = /LISTEN |subscribe/i;

export async function faultProxyTo(url: string): Promise<FaultProxy> {
  const target = new URL(url);
  const connections = new Set<Connection>();
  let faults: Readonly<Record<Links, Faults>> = { all: HEALTHY, listening: HEALTHY };
  let refusing = false;
  let trap: Trap | undefined;
  let accepted = 0;
  let bytesToServer = 0;

  const server = createServer((client) => {
    accepted++;
    if (refusing) {
      client.on('error', () => undefined);
      client.destroy();
      return;
    }
    const connection = new Connection(
      client,
      connect(Number(target.port), target.hostname),
      () => faults,
      (bytes) => {
        bytesToServer += bytes.length;
        if (trap === undefined || !trap.statement.test(bytes.toString('latin1'))) return 'pass';
        const { when } = trap;
        trap = undefined;
        return when;
      },
    );
    connections.add(connection);
    connection.onEnd(() => connections.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' ? address?.port : '');
  const some = (links: Links) =>
    [...connections].filter((connection) => links === 'all' || connection.isListening);
  const cut = (links: Links = 'all') => {
    for (const connection of some(links)) connection.destroy();
  };
  return {
    url: through.href,
    get accepted() {
      return accepted;
    },
    get open() {
      return [...connections].filter(({ isOpen }) => isOpen).length;
    },
    get bytesToServer() {
      return bytesToServer;
    },
    cut,
    refuse() {
      refusing = true;
      cut();
    },
    fault(fault, direction = 'both', links = 'all') {
      const { toServer, toClient } = faults[links];
      const next = {
        toServer: direction === 'toClient' ? toServer : fault,
        toClient: direction === 'toServer' ? toClient : fault,
      };
      faults = links === 'all' ? { all: next, listening: next } : { ...faults, listening: next };
      for (const connection of connections) connection.release();
    },
    cutAt(statement, when) {
      trap = { statement, when };
    },
    get hasCut() {
      return trap === undefined;
    },
    inject(bytes, links = 'all') {
      for (const connection of some(links)) connection.inject(bytes);
    },
    heal() {
      refusing = false;
      trap = undefined;
      faults = { all: HEALTHY, listening: HEALTHY };
      for (const connection of connections) connection.release();
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Where a connection is to end. */
interface Trap {
  readonly statement: RegExp;
  readonly when: 'before' | 'after' | 'lost';
}

/** A client's connection, and the one to the server behind it. */
class Connection {
  isListening = false;

  get isOpen(): boolean {
    return !this.client.closed;
  }

  private readonly held: Record<Direction, (() => void)[]> = { toServer: [], toClient: [] };
  /** Ways on which bytes were lost. */
  private readonly dead = new Set<Direction>();
  /** Until when what was delayed is on its way, so that nothing overtakes it. */
  private readonly busyUntil: Record<Direction, number> = { toServer: 0, toClient: 0 };

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly faults: () => Readonly<Record<Links, Faults>>,
    sent: (bytes: Buffer) => 'pass' | Trap['when'],
  ) {
    // What a fault does to a connection is what the test is about.
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (bytes: Buffer) => {
      const cut = sent(bytes);
      if (cut === 'before') this.destroy();
      if (cut === 'lost') this.dead.add('toServer').add('toClient');
      if (cut === 'after') upstream.prependOnceListener('data', () => this.destroy());
      if (LISTENS.test(bytes.toString('latin1'))) this.isListening = true;
      this.carry('toServer', () => upstream.write(bytes));
    });
    upstream.on('data', (bytes: Buffer) => this.carry('toClient', () => client.write(bytes)));
    // A black hole swallows the end of a connection too.
    client.on('close', () => this.carry('toServer', () => upstream.destroy()));
    upstream.on('close', () => this.carry('toClient', () => client.destroySoon()));
  }

  /** Both sides are gone; the server's outlives the client's where the end was swallowed. */
  onEnd(listener: () => void): void {
    const look = () => this.client.closed && this.upstream.closed && listener();
    this.client.on('close', look);
    this.upstream.on('close', look);
  }

  destroy(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  inject(bytes: string | Uint8Array): void {
    this.client.write(bytes);
  }

  /** Lets go of what no fault holds any more; it arrives in one. */
  release(): void {
    for (const direction of ['toServer', 'toClient'] as const) {
      if (this.fault(direction) === 'hold') continue;
      const socket = direction === 'toServer' ? this.upstream : this.client;
      socket.cork();
      for (const action of this.held[direction].splice(0)) this.carry(direction, action);
      socket.uncork();
    }
  }

  private carry(direction: Direction, action: () => void): void {
    const fault = this.fault(direction);
    if (fault === 'swallow' || this.dead.has(direction)) this.dead.add(direction);
    else if (fault === 'hold') this.held[direction].push(action);
    else {
      const now = performance.now();
      const due = Math.max(this.busyUntil[direction], fault === 'pass' ? now : now + fault.delayMs);
      this.busyUntil[direction] = due;
      if (due <= now) action();
      else setTimeout(action, due - now);
    }
  }

  private fault(direction: Direction): Fault {
    const { all, listening } = this.faults();
    return (this.isListening ? listening : all)[direction];
  }
}
