import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type AuthEvent, AuthEvents } from 'nestjs-revocable-jwt';
import type { Subscription } from 'rxjs';
import { DataSource, type EntityManager } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { User } from '../users/user.entity.js';
import { AuditEvent } from './audit-event.entity.js';
import { auditLine, type AuditLine } from './audit-line.js';

/** Stores what happened to accounts, sign-ins and tokens. */
@Injectable()
export class AuditTrail implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditTrail');
  private written: Promise<unknown> = Promise.resolve();
  private subscription?: Subscription;

  constructor(
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Transactions) private readonly transactions: Transactions,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.events.stream.subscribe((event) => this.receive(event));
  }

  /** The stream ends with the application. Its last events must still be written. */
  async onApplicationShutdown(): Promise<void> {
    this.subscription?.unsubscribe();
    await this.written;
  }

  /** Writes a line as part of the transaction that makes the change. */
  async record(manager: EntityManager, line: AuditLine): Promise<void> {
    const userId = line.userId ?? (await userOf(manager, line.subject));
    await manager.insert(AuditEvent, rowOf({ ...line, userId }));
  }

  /** Writes a line later, in order. The request that caused it does not wait. */
  note(line: AuditLine): void {
    this.written = this.written.then(() =>
      this.transactions
        .run((manager) => this.record(manager, line))
        .catch((error: unknown) => this.logger.error(`An event was not written: ${String(error)}`)),
    );
  }

  /** Newest first, with every event that this process got before the call. */
  async newest(query: { userId?: string; limit: number }): Promise<AuditEvent[]> {
    await this.written;
    const { userId, limit: take } = query;
    const where = userId === undefined ? {} : { userId };
    return this.dataSource.manager.find(AuditEvent, { where, order: { id: 'DESC' }, take });
  }

  private receive(event: AuthEvent): void {
    const line = auditLine(event);
    if (line !== undefined) this.note(line);
  }
}

/** For a refused token only the subject is known. If its account was deleted, there is no id. */
async function userOf(
  manager: EntityManager,
  subject: string | undefined,
): Promise<string | undefined> {
  if (subject === undefined) return undefined;
  return (await manager.findOneBy(User, { subject }))?.id;
}

function rowOf(line: AuditLine): Omit<AuditEvent, 'id'> {
  const { at = new Date(), type, userId = null, sessionId = null, actorId = null } = line;
  const reason = line.reason?.slice(0, 255) ?? null;
  return { at, type, userId, sessionId, actorId, reason, detail: line.detail ?? null };
}
