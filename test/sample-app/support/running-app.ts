import { createApp } from '../../../sample-app/app.js';
import { Client } from './client.js';

/** A secret of no published example. */
export const SECRET = 'ctmPWERVA08TKan-OBXtX_lm4zSy2lyQj7QftSQilPY';
/** What `forge` takes to sign as the application does. */
export const SIGNING = { jwt: { secret: SECRET } };

export interface RunningApp {
  readonly url: string;
  /** Somebody without a token. */
  readonly nobody: Client;
  /** Signs in with the password that the first accounts have: `alice@example.com` / `alice-password`. */
  as(name: 'admin' | 'editor' | 'alice'): Promise<Client>;
  /** Registers somebody new, so that tests do not share an account; e-mail and password are the client's. */
  newcomer(): Promise<Newcomer>;
  close(): Promise<void>;
}

export interface Newcomer {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly client: Client;
  /** Once more, with the password from above. */
  readonly signIn: () => Promise<Client>;
}

/** Starts the application in this process, on a free port. */
export async function startApp(env: NodeJS.ProcessEnv): Promise<RunningApp> {
  const { app, host } = await createApp({ AUTH_JWT_SECRET: SECRET, PORT: '0', ...env });
  try {
    await app.listen(0, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  return { ...talkingTo(await app.getUrl()), close: () => app.close() };
}

let count = 0;

/** The same for an application that runs somewhere else. */
export function talkingTo(url: string): Omit<RunningApp, 'close'> {
  const nobody = new Client(url);
  return {
    url,
    nobody,
    as: (name) => nobody.login(`${name}@example.com`, `${name}-password`),
    async newcomer() {
      const email = `newcomer-${process.pid}-${++count}@example.com`;
      const password = `password of ${email}`;
      const { body } = await nobody.post('/auth/register', { email, password });
      const signIn = () => nobody.login(email, password);
      return { id: String(body['id']), email, password, client: await signIn(), signIn };
    },
  };
}
