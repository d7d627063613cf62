import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What becomes of bytes that go through: `swallow` takes them and says nothing. */
export type Fault = 'pass' | 'swallow' | { readonly delayMs: number };

/** A way to a server on which everything can go wrong that goes wrong on networks. */
export interface FaultProxy {
  /** The same address, by way of the proxy. */
  readonly url: string;
  /** How many connections it has taken. */
  readonly accepted: number;
  /** Ends every connection; takes new ones. */
  cut(): void;
  /** Ends every connection, and each new one at once. */
  refuse(): void;
  /** What becomes of bytes from now on, on every connection, by direction. */
  fault(fault: Fault, direction?: 'both' | 'toServer' | 'toClient'): void;
  /** As it was in the beginning; connections that are dead stay dead. */
  heal(): void;
  close(): Promise<void>;
}

export async function faultProxyTo(url: string): Promise<FaultProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const faults: Record<'toServer' | 'toClient', Fault> = { toServer: 'pass', toClient: 'pass' };
  let refusing = false;
  let accepted = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    // What a fault does to a connection is what the test is about.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const carry = (from: Duplex, to: Duplex, direction: keyof typeof faults) => {
    from.on('data', (bytes: Buffer) => {
      const fault = faults[direction];
      if (fault === 'swallow') return;
      if (fault === 'pass') to.write(bytes);
      else setTimeout(() => to.write(bytes), fault.delayMs);
    });
    // A black hole swallows the end of a connection too.
    from.on('close', () => faults[direction] === 'swallow' || to.destroy());
  };
  const server = createServer((client) => {
    accepted++;
    track(client);
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    track(upstream);
    carry(client, upstream, 'toServer');
    carry(upstream, client, 'toClient');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' ? address?.port : '');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const fault = (next: Fault, direction: 'both' | 'toServer' | 'toClient' = 'both') => {
    if (direction !== 'toClient') faults.toServer = next;
    if (direction !== 'toServer') faults.toClient = next;
  };
  return {
    url: through.href,
    get accepted() {
      return accepted;
    },
    cut,
    refuse() {
      refusing = true;
      cut();
    },
    fault,
    heal() {
      refusing = false;
      fault('pass');
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
