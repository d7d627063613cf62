import { EventEmitter } from 'node:events';
import type { DataSource } from 'typeorm';
import { mainFile } from '../../database/sqlite/open-own.js';
import { coalesced, type WakeUp } from './wake-up.js';

const files = new Map<string, EventEmitter>();
const others = new WeakMap<DataSource, EventEmitter>();

/**
 * Hints between the instances in one process that use the same database: the same SQLite file, or the
 * same DataSource. Other processes poll.
 */
export class InProcessWakeUp implements WakeUp {
  private readonly hub: EventEmitter;
  private onHint: (() => void) | undefined;
  private hintedAt: number | undefined;

  constructor(dataSource: DataSource) {
    this.hub = hubOf(dataSource);
  }

  get lastHintAt(): number | undefined {
    return this.hintedAt;
  }

  start(onHint: () => void): Promise<void> {
    this.onHint = onHint;
    this.hub.on('hint', this.heard);
    return Promise.resolve();
  }

  hint(): void {
    this.hub.emit('hint');
  }

  stop(): Promise<void> {
    this.onHint = undefined;
    this.hub.off('hint', this.heard);
    return Promise.resolve();
  }

  private readonly wake = coalesced(() => this.onHint?.());

  private readonly heard = (): void => {
    this.hintedAt = Date.now();
    this.wake();
  };
}

function hubOf(dataSource: DataSource): EventEmitter {
  const file = dataSource.options.type === 'better-sqlite3' ? mainFile(dataSource) : undefined;
  const hub =
    (file === undefined ? others.get(dataSource) : files.get(file)) ??
    new EventEmitter().setMaxListeners(0);
  if (file === undefined) others.set(dataSource, hub);
  else files.set(file, hub);
  return hub;
}
