import { Agent, request } from 'node:http';

/** What a process said to a request, or that it said nothing. */
export interface Reply {
  /** `undefined`: no answer came, since the process is gone. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly body: string;
  /** On the clock of `performance.now()`: the decision lies between the two. */
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Without the queue that `fetch` keeps: a request is on its way when it is made. */
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** Asks a process who the bearer of a token is. */
export function whoami(url: string, token: string): Promise<Reply> {
  return new Promise((resolve) => {
    const beganAt = performance.now();
    const reply = (status: number | undefined, body: string) => {
      const [, code] = /"code":"(\w+)"/.exec(body) ?? [];
      resolve({ status, code, body, beganAt, endedAt: performance.now() });
    };
    const asked = request(
      `${url}/auth/whoami`,
      { agent, headers: { authorization: `Bearer ${token}` } },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => (body += text));
        answer.on('end', () => reply(answer.statusCode, body));
        answer.on('error', () => reply(undefined, ''));
      },
    );
    asked.on('error', () => {
      // The process ended an idle connection in the moment in which it was used again: never asked.
      if (asked.reusedSocket) resolve(whoami(url, token));
      else reply(undefined, '');
    });
    asked.end();
  });
}
