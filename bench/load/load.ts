import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Client, type Dispatcher } from 'undici';

/** What came of a number of requests. */
export interface Outcome {
  readonly seconds: number;
  /** In nanoseconds. */
  readonly latency: RecordableHistogram;
}

/** Connections to one server, each of which has at most one request under way. */
export class Load {
  private readonly clients: readonly Client[];
  private next = 0;

  /**
   * @param tokens the requests carry them in turn
   */
  constructor(
    origin: string,
    connections: number,
    private readonly tokens: readonly string[],
  ) {
    this.clients = Array.from({ length: connections }, () => new Client(origin, { pipelining: 1 }));
  }

  /** Sends exactly so many; rejects at the first that is not answered 200. */
  async run(count: number): Promise<Outcome> {
    const latency = createHistogram();
    let left = count;
    const began = performance.now();
    await Promise.all(
      this.clients.map(
        (client) =>
          new Promise<void>((resolve, reject) => {
            const again = () => {
              if (left-- > 0) this.send(client, latency, again, reject);
              else resolve();
            };
            again();
          }),
      ),
    );
    return { seconds: (performance.now() - began) / 1000, latency };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  private send(
    client: Client,
    latency: RecordableHistogram,
    done: () => void,
    failed: (error: Error) => void,
  ): void {
    const token = this.tokens[this.next++ % this.tokens.length];
    const sent = process.hrtime.bigint();
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        if (status !== 200) throw new Error(`A request was answered ${status}.`);
      },
      onResponseData() {},
      onResponseEnd() {
        latency.record(process.hrtime.bigint() - sent);
        done();
      },
      onResponseError: (_controller, error) => failed(error),
    };
    client.dispatch(
      { path: '/me', method: 'GET', headers: { authorization: `Bearer ${token}` } },
      handler,
    );
  }
}
