import { EventEmitter } from 'node:events';
import type { DataSource } from 'typeorm';
import { adapterOf } from '../../database/adapters.js';
import { coalesced, type WakeUp } from './wake-up.js';

const databases = new Map<string, EventEmitter>();
const others = new WeakMap<DataSource, EventEmitter>();

/**
 * Hints between the realms and applications in one process that use the same database: the same SQLite file, or
 * the same DataSource. Other processes poll.
 */
export class InProcessWakeUp implements WakeUp {
  private readonly hub: EventEmitter;
  private onHint: (() => void) | undefined;
  lastHintAt: number | undefined;

  constructor(dataSource: DataSource) {
    this.hub = hubOf(dataSource);
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
    this.lastHintAt = Date.now();
    this.wake();
  };
}

function hubOf(dataSource: DataSource): EventEmitter {
  const name = adapterOf(dataSource).nameOf(dataSource);
  const hub =
    (name === undefined ? others.get(dataSource) : databases.get(name)) ??
    new EventEmitter().setMaxListeners(0);
  if (name === undefined) others.set(dataSource, hub);
  else databases.set(name, hub);
  return hub;
}
