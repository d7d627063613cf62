import { connect, type Socket } from 'node:net';

/** The part of mysql2's own settings that says where the server is. */
interface ServerAddress {
  readonly config: { readonly host?: string; readonly port?: number };
}

/**
 * Makes mysql2's connections to the server, each of which ends once nothing has come or gone on it for so
 * long. mysql2 itself waits without end for an answer, and a network may swallow packets and say nothing:
 * the operating system would give up after a quarter of an hour. Those that idle in the pool end too, and
 * are made again when they are needed.
 */
export function mysqlSocket(timeoutMs: number): (server: ServerAddress) => Socket {
  return ({ config: { host = 'localhost', port = 3306 } }) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    // mysql2 tells whoever waits that the connection was lost, and the pool lets go of it.
    return socket.setTimeout(timeoutMs, () => void socket.destroy());
  };
}
