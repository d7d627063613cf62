import { randomUUID } from 'node:crypto';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AuthModule } from '@thallesp/nestjs-better-auth';
import Database from 'better-sqlite3';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { bearer } from 'better-auth/plugins';

/** Its guard, which finds the session in the database at each request. */
export async function open() {
  const auth = betterAuth({
    database: new Database(':memory:'),
    secret: randomUUID() + randomUUID(),
    baseURL: 'http://127.0.0.1',
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [bearer()],
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  const signUp = async () => {
    const { token } = await auth.api.signUpEmail({
      body: { email: `${randomUUID()}@example.com`, password: randomUUID(), name: 'Alice' },
    });
    return token;
  };
  return {
    adapter: new ExpressAdapter(),
    imports: [AuthModule.forRoot({ auth })],
    nest: { bodyParser: false },
    tokens: (count) => Promise.all(Array.from({ length: count }, signUp)),
    revoke: (token) =>
      auth.api.signOut({ headers: new Headers({ authorization: `Bearer ${token}` }) }),
  };
}
