import { connect } from 'node:net';

/** What came back, as far as it can be told. */
export interface RawAnswer {
  /** `undefined`: the connection was closed without an answer. */
  readonly status: number | undefined;
  /** All of it, head and body. */
  readonly text: string;
}

/** Lines of a request's head, each with a byte for a letter, as no HTTP client would send them. */
export function sendRaw(
  url: string,
  path: string,
  lines: readonly (string | Uint8Array)[],
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines, '', ''];
  const bytes = head.flatMap((line, index) => [
    ...(index === 0 ? [] : [Buffer.from('\r\n')]),
    typeof line === 'string' ? Buffer.from(line, 'latin1') : line,
  ]);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A reset after the answer is how Node closes on bytes that are no HTTP.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
      resolve({ status: status === undefined ? undefined : Number(status), text });
    });
    socket.write(Buffer.concat(bytes));
  });
}
