import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Question, Usage } from '../server/messages.js';
import type { Pinning } from './pinning.js';

/** How a server's process is started. */
export interface Program {
  /** The script and its arguments. */
  readonly argv: readonly string[];
  readonly pinning: Pinning;
}

const SERVER = fileURLToPath(new URL('../server/main.js', import.meta.url));

/** The script of the servers in this directory, with the spec that it is told. */
export function serverProgram(spec: object): readonly string[] {
  return [SERVER, JSON.stringify(spec)];
}

/**
 * V8's options of every server. The young generation has its full size from the start, so that no
 * server is measured while it still grows, and so that a few hundred requests fit between two
 * collections: that is how allocated bytes are counted on every version of Node.
 */
const V8 = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/** A server in a process of its own, and the channel beside the load. */
export class Child {
  private waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  private ended: Error | undefined;

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (answer: Answer) => this.waiting?.resolve(answer));
    process.on('exit', (code, signal) => {
      this.ended = new Error(`A server ended by itself (${signal ?? code}).`);
      this.waiting?.reject(this.ended);
    });
  }

  /** Where it listens; set once it does. */
  origin = '';
  revokes = false;

  static async start({ argv, pinning }: Program): Promise<Child> {
    const [command, ...args] = pinning.server([process.execPath, ...V8, ...argv]);
    const child = new Child(
      spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    const first = await child.next();
    if (first.kind !== 'listening') throw new Error('A server did not say where it listens.');
    child.origin = `http://127.0.0.1:${first.port}`;
    child.revokes = first.revokes;
    return child;
  }

  async tokens(count: number, from = 1): Promise<readonly string[]> {
    const answer = await this.ask({ ask: 'tokens', count, from });
    if (answer.kind !== 'tokens') throw new Error('A server gave no tokens.');
    return answer.tokens;
  }

  async usage(): Promise<Usage> {
    const answer = await this.ask({ ask: 'usage' });
    if (answer.kind !== 'usage') throw new Error('A server did not say what it used.');
    return answer.usage;
  }

  async revoke(token: string): Promise<void> {
    await this.ask({ ask: 'revoke', token });
  }

  async collect(): Promise<void> {
    await this.ask({ ask: 'collect' });
  }

  stop(): void {
    this.process.removeAllListeners('exit');
    this.process.kill();
  }

  private async ask(question: Question): Promise<Answer> {
    const answer = this.next();
    this.process.send(question);
    const given = await answer;
    if (given.kind === 'failed') throw new Error(`A server failed: ${given.reason}`);
    return given;
  }

  /** One question at a time. */
  private next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) reject(this.ended);
      this.waiting = { resolve, reject };
    });
  }
}
