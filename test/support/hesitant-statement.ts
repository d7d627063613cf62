import type { Connection, Submittable } from 'pg';

/**
 * A statement of pg's whose execution is asked for a while after the server has bound it, as when a network
 * holds up the second half of what a client sent.
 */
export class Hesitant implements Submittable {
  /** The one value that it gives. */
  readonly value: Promise<string>;
  /** When the server was asked to execute it, by this machine's clock. */
  executedAt = 0;
  private resolve: (value: string) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(
    private readonly text: string,
    private readonly pauseMs: number,
  ) {
    this.value = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.parse({ text: this.text, name: '', types: [] }, true);
    connection.bind({ portal: '', statement: '', values: [] }, true);
    setTimeout(() => {
      this.executedAt = Date.now();
      connection.execute({ portal: '', rows: '' }, true);
      connection.sync();
    }, this.pauseMs);
  }

  handleDataRow({ fields }: { readonly fields: readonly unknown[] }): void {
    this.resolve(String(fields[0]));
  }

  handleError(error: Error): void {
    this.reject(error);
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {}
}
