/**
 * Pools connections to PostgreSQL by transaction, as PgBouncer does with `pool_mode = transaction`: a
 * client has a server connection until its transaction ends, the one that was used last is used next,
 * and what a server says to nobody (a notification in between) is dropped.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const [AUTHENTICATION_OK, READY] = [
  message('R', [0, 0, 0, 0]),
  message('Z', [...Buffer.from('I')]),
];
const NO_SSL = Buffer.from('N');
/** The length and the version of a request for SSL (80877103). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export interface TransactionPooler {
  /** The same database, by way of the pooler. */
  readonly url: string;
  close(): Promise<void>;
}

export async function transactionPoolerTo(url: string): Promise<TransactionPooler> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const kept = (socket: Socket) => {
    sockets.add(socket);
    // A connection that ends, ends for good. Tests look at what comes of it.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const idle: Server[] = [];
  const server = createServer((client) => {
    const pooled = new Client(kept(client), idle, (startup) => {
      const upstream = connect(Number(target.port), target.hostname);
      return new Server(kept(upstream), startup);
    });
    client.on('data', (bytes: Buffer) => pooled.send(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: through.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A connection to the server, which does one client's transaction at a time. */
class Server {
  private client: Client | undefined;
  private started = false;
  private waiting: Buffer[] = [];
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly socket: Socket,
    startup: Buffer,
  ) {
    socket.write(startup);
    socket.on('data', (bytes: Buffer) => {
      const [messages, rest] = split(Buffer.concat([this.rest, bytes]));
      this.rest = rest;
      for (const one of messages) this.receive(one);
    });
  }

  serve(client: Client): void {
    this.client = client;
  }

  send(bytes: Buffer): void {
    if (this.started) this.socket.write(bytes);
    else this.waiting.push(bytes);
  }

  private receive(one: Buffer): void {
    const type = String.fromCharCode(one[0] ?? 0);
    if (!this.started) {
      this.started = type === 'Z';
      if (this.started) for (const bytes of this.waiting.splice(0)) this.socket.write(bytes);
      return;
    }
    const { client } = this;
    client?.receive(one);
    if (client === undefined || type !== 'Z' || one[5] !== READY[5]) return;
    this.client = undefined;
    client.release(this);
  }
}

class Client {
  private startup: Buffer | undefined;
  private server: Server | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly idle: Server[],
    private readonly open: (startup: Buffer) => Server,
  ) {}

  receive(one: Buffer): void {
    this.socket.write(one);
  }

  release(server: Server): void {
    this.server = undefined;
    this.idle.push(server);
  }

  /** Drivers send what belongs together in one piece, and no more before they were answered. */
  send(bytes: Buffer): void {
    if (bytes.equals(SSL_REQUEST)) this.socket.write(NO_SSL);
    else if (this.startup === undefined) {
      this.startup = bytes;
      this.socket.write(Buffer.concat([AUTHENTICATION_OK, READY]));
    } else {
      if (this.server === undefined) {
        this.server = this.idle.pop() ?? this.open(this.startup);
        this.server.serve(this);
      }
      this.server.send(bytes);
    }
  }
}

/** Whole messages: a letter, a length that counts itself, and the rest; and what is not whole yet. */
function split(bytes: Buffer): [Buffer[], Buffer] {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return [messages, bytes.subarray(at)];
}

function message(type: string, content: readonly number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(content)]);
}
