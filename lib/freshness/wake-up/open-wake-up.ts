import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { adapterOf } from '../../database/adapters.js';
import { type RealmTables, stateStatement } from '../../log/log-table.js';
import { channelName } from './channel-name.js';
import type { TrackedSettings } from '../freshness.settings.js';
import { InProcessWakeUp } from './in-process.wake-up.js';
import { LinkedWakeUp } from './linked.wake-up.js';
import { redisWakeUp } from './redis.wake-up.js';
import { POLLING, type WakeUp } from './wake-up.js';

export async function openWakeUp(
  wakeUp: TrackedSettings['wakeUp'],
  { dataSource, database, tables, realm }: RealmTables & { readonly dataSource: DataSource },
): Promise<WakeUp> {
  if (wakeUp === 'poll') return POLLING;
  const channel = channelName(realm);
  if (wakeUp === 'auto') {
    const link = adapterOf(dataSource).wakeUpLink?.(dataSource, channel, database);
    return link === undefined ? new InProcessWakeUp(dataSource) : new LinkedWakeUp(link);
  }
  const table = { dialect: database.dialect, tables, realm };
  const [state] = await database.read(stateStatement(table, 'stamp_key'));
  // Deployments that share a Redis must not wake each other. This key is random, and the same in every
  // process of a deployment, so nobody has to choose a name.
  const deployment = createHash('sha256').update(String(state?.['stamp_key'])).digest('hex');
  return redisWakeUp(wakeUp.redis, `${channel}:${deployment.slice(0, 16)}`);
}
