import { type INestApplication, Logger } from '@nestjs/common';
import { AuthConfigurationError } from 'nestjs-revocable-jwt';
import { AppModule } from './app.module.js';
import { ConfigurationError } from './config/configuration.error.js';
import { readEnvironment } from './config/environment.js';
import { openDatabase } from './database/open-database.js';
import { serveApiDocument } from './http/api-document.js';
import { closeWithLastAnswer } from './http/graceful-close.js';
import { createExpress, createFastify } from './http/adapters.js';

/** The application, ready to listen, and where. */
export interface App {
  readonly app: INestApplication;
  readonly port: number;
  readonly host: string;
}

/**
 * Puts the application together from environment variables. Does not listen yet.
 *
 * @throws ConfigurationError when a variable's value cannot be used
 */
export async function createApp(env: Readonly<NodeJS.ProcessEnv>): Promise<App> {
  const environment = readEnvironment(env);
  const dataSource = await openDatabase(environment);
  try {
    const create = environment.httpAdapter === 'express' ? createExpress : createFastify;
    const app = await create(AppModule.of(environment, dataSource), environment);
    app.flushLogs();
    for (const warning of environment.warnings) new Logger('Configuration').warn(warning);
    app.enableShutdownHooks();
    closeWithLastAnswer(app.getHttpServer());
    serveApiDocument(app);
    return { app, port: environment.port, host: environment.host };
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw secretRefused(error) ?? error;
  }
}

/** How the library's messages begin, and the variable that each is about. */
const SECRETS = [
  ['jwt.secret: ', 'AUTH_JWT_SECRET'],
  ['jwt.keys', 'AUTH_KEYS_FILE'],
  ['oauth.clients[0].secret: ', 'AUTH_OAUTH_CLIENT_SECRET'],
] as const;

/** The library refuses unsafe secrets and unusable keys. Names the variable instead of the option. */
function secretRefused(error: unknown): ConfigurationError | undefined {
  if (!(error instanceof AuthConfigurationError)) return undefined;
  for (const [option, variable] of SECRETS) {
    const problem = error.problems.find((line) => line.startsWith(option));
    if (problem !== undefined)
      return new ConfigurationError(variable, problem.slice(option.length));
  }
  return undefined;
}
