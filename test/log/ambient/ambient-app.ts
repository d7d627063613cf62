/** One application, in which a library passes the open transaction on. */
import {
  Propagation as ClsPropagation,
  ClsPluginTransactional,
  TransactionHost,
} from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { EventEmitter, once } from 'node:events';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ClsModule } from 'nestjs-cls';
import { DataSource, type EntityManager } from 'typeorm';
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  Propagation,
  runInTransaction,
} from 'typeorm-transactional';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../../support/auth-app.js';

type Propagated = 'REQUIRED' | 'REQUIRES_NEW' | 'NESTED' | 'NOT_SUPPORTED';

export interface AmbientApp extends AuthApp {
  /** Runs the function in a transaction that the library opens, or as the propagation says. */
  transaction<T>(run: () => Promise<T>, propagation?: Propagated): Promise<T>;
  /** The manager that the application's own code uses there. */
  manager(): EntityManager;
}

export interface AmbientLibrary {
  readonly name: string;
  /** Whether NESTED is a savepoint; else it is a transaction of its own, where the database can. */
  readonly hasSavepoints: boolean;
  start(given: AuthAppOptions): Promise<AmbientApp>;
}

let names = 0;

const typeormTransactional: AmbientLibrary = {
  name: 'typeorm-transactional',
  hasSavepoints: false,
  async start(given) {
    // Once in a process: specs of this folder have one of their own.
    if (names === 0) initializeTransactionalContext();
    const name = `source ${++names}`;
    const app = await startAuthApp({
      ...given,
      dataSourceFactory: async (options) => {
        const dataSource = new DataSource(options);
        addTransactionalDataSource({ name, dataSource, patch: true });
        return dataSource.initialize();
      },
    });
    return {
      ...app,
      transaction: (run, propagation = 'REQUIRED') =>
        runInTransaction(run, { connectionName: name, propagation: Propagation[propagation] }),
      manager: () => app.dataSource.manager,
      close: async () => {
        deleteDataSourceByName(name);
        await app.close();
      },
    };
  },
};

const CLS = {
  REQUIRED: ClsPropagation.Required,
  REQUIRES_NEW: ClsPropagation.RequiresNew,
  NESTED: ClsPropagation.Nested,
  NOT_SUPPORTED: ClsPropagation.NotSupported,
} as const;

const nestjsCls: AmbientLibrary = {
  name: 'nestjs-cls',
  hasSavepoints: true,
  async start(given) {
    const app = await startAuthApp({
      ...given,
      imports: [
        ClsModule.forRoot({
          plugins: [
            new ClsPluginTransactional({
              adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
            }),
          ],
        }),
        ...(given.imports ?? []),
      ],
      asynchronous: {
        inject: [TransactionHost],
        options: (host: TransactionHost<TransactionalAdapterTypeOrm>) => ({
          manager: () => host.tx,
        }),
      },
    });
    const host: TransactionHost<TransactionalAdapterTypeOrm> = app.app.get(TransactionHost);
    return {
      ...app,
      transaction: (run, propagation = 'REQUIRED') => host.withTransaction(CLS[propagation], run),
      manager: () => host.tx,
    };
  },
};

export const LIBRARIES: readonly AmbientLibrary[] = [typeormTransactional, nestjsCls];

/** What a transaction of the application rolls back with. */
export class RolledBack extends Error {}

/** Runs the function in a transaction that is rolled back in the end. */
export async function rolledBack<T>(
  { transaction }: Pick<AmbientApp, 'transaction'>,
  run: () => Promise<T>,
): Promise<T> {
  const done: T[] = [];
  try {
    await transaction(async () => {
      done.push(await run());
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  for (const value of done) return value;
  throw new Error('It was not rolled back.');
}

/** Something to wait for until it is opened. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  const opened = new EventEmitter();
  const passed = once(opened, 'open').then(() => undefined);
  return { passed, open: () => void opened.emit('open') };
}
