/** The way between one process and the database, on which every statement can be slow or lost. */

interface Statement {
  /** Has the database carry it out. */
  readonly execute: () => void;
  /** Gives the process the answer; `undefined` until it was carried out. */
  answer: (() => void) | undefined;
  readonly fail: () => void;
}

/** Made once: a stack for each would be most of the work. */
const GONE = new Error('The connection is gone.');

export class Wire {
  private statements: Statement[] = [];
  private closed = false;

  /** How many statements are on their way. */
  get busy(): number {
    return this.statements.length;
  }

  /** @param statement what the database does; `undefined` where that is an error */
  send<T>(statement: () => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = () => reject(GONE);
      if (this.closed) return fail();
      const sent: Statement = {
        execute: () => {
          const result = statement();
          sent.answer = () => (result === undefined ? fail() : resolve(result));
        },
        answer: undefined,
        fail,
      };
      this.statements.push(sent);
    });
  }

  /** Takes one statement a stage on: the database carries it out, or its answer arrives. */
  advance(index: number, answers = true): void {
    const statement = this.statements[index % this.statements.length];
    if (statement === undefined) return;
    if (statement.answer === undefined) statement.execute();
    else if (answers) {
      this.statements = this.statements.filter((other) => other !== statement);
      statement.answer();
    }
  }

  /** The connection breaks: what was sent may have been carried out, and no answer comes. */
  cut(): void {
    for (const { fail } of this.statements.splice(0)) fail();
  }

  close(): void {
    this.closed = true;
    this.cut();
  }
}
