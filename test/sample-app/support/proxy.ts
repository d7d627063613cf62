import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

/** A way to a server that can be cut. */
export interface Proxy {
  /** The same address, by way of the proxy. */
  readonly url: string;
  /** Ends every connection and takes no new ones. */
  cut(): void;
  /** Takes connections again. */
  mend(): void;
  close(): void;
}

/** Stands between the application and its database, so that the database can go away for one test alone. */
export async function proxyTo(url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let open = true;
  const track = (socket: Socket) => {
    sockets.add(socket);
    // What the cut does to a connection is what the test is about.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    track(client);
    if (!open) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    track(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' ? address?.port : '');
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: through.href,
    cut,
    mend() {
      open = true;
    },
    close() {
      cut();
      server.close();
    },
  };
}
