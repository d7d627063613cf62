import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Fault, FaultProxy } from '../../support/fault-proxy.js';
import { serviceUrl } from '../../support/databases.js';
import type { Deployment, Member, WakeUpKind } from './deployment.js';

/** Something that goes wrong for one process. */
export interface FaultKind {
  readonly name: string;
  /** Where it can happen; default: everywhere. */
  readonly on?: readonly WakeUpKind[];
  /** Whether the process forgets what it has read. */
  readonly forgets?: true;
  inflict(deployment: Deployment, member: Member): void | Promise<void>;
  /** Whether it comes over the channel, so that it wakes the process up. */
  readonly wakesUp?: true;
  /** Ends it; what the proxies do is healed without it. */
  end?(deployment: Deployment, member: Member): void | Promise<void>;
}

const LINKED: readonly WakeUpKind[] = ['notify', 'redis'];

const database = (name: string, inflict: (proxy: FaultProxy) => void): FaultKind => ({
  name: `database ${name}`,
  inflict: (_, member) => inflict(member.database),
});

const wakeUp = (name: string, inflict: (proxy: FaultProxy) => void): FaultKind => ({
  name: `wake-up link ${name}`,
  on: LINKED,
  inflict: (_, { wakeUpLink }) => inflict(wakeUpLink),
});

const bothWays: readonly (readonly [string, Fault, 'both' | 'toServer' | 'toClient'])[] = [
  ['black-holed', 'swallow', 'both'],
  ['black-holed towards the server', 'swallow', 'toServer'],
  ['black-holed towards the process', 'swallow', 'toClient'],
  ['partitioned', 'hold', 'both'],
];

export const FAULTS: readonly FaultKind[] = [
  wakeUp('cut', (proxy) => proxy.cut('listening')),
  ...bothWays.map(([name, fault, direction]) =>
    wakeUp(name, (proxy) => proxy.fault(fault, direction, 'listening')),
  ),
  wakeUp('slow', (proxy) => proxy.fault({ delayMs: 700 }, 'both', 'listening')),
  wakeUp('sends what no server would', (proxy) =>
    proxy.inject(
      Uint8Array.from({ length: 512 }, (_, index) => (index * 37) % 256),
      'listening',
    ),
  ),
  { name: 'garbage on the channel', on: LINKED, inflict: garbage, wakesUp: true },
  database('cut', (proxy) => proxy.cut()),
  database('away, as when it restarts', (proxy) => proxy.refuse()),
  ...bothWays.map(([name, fault, direction]) =>
    database(name, (proxy) => proxy.fault(fault, direction)),
  ),
  database('slow', (proxy) => proxy.fault({ delayMs: 250 })),
  {
    name: 'process stopped and resumed',
    inflict: (_, member) => member.pause(),
    end: (_, member) => member.resume(),
  },
  {
    name: 'wall clock set, and set back',
    inflict: (_, member) => member.stepClock(),
    end: (_, member) => member.stepClock(),
  },
  {
    name: 'process killed and started anew',
    forgets: true,
    inflict: async (_, member) => void (await member.stop('SIGKILL')),
    end: (_, member) => member.start(),
  },
];

/** Those that can happen to a deployment. */
export function faultsOn(kind: WakeUpKind): readonly FaultKind[] {
  return FAULTS.filter(({ on }) => on === undefined || on.includes(kind));
}

const MESSAGES = ['', 'x', '{"kind":"token","ref":"*"}', "';--", '\u{1f480}'.repeat(900)];

/** Somebody else sends on the channel of the deployment. */
async function garbage({ options, side, channel }: Deployment): Promise<void> {
  if (options.wakeUp === 'notify') {
    for (const message of MESSAGES) {
      const text = message.replaceAll("'", "''");
      // One after the other.
      // oxlint-disable-next-line no-await-in-loop
      await side.run(`SELECT pg_notify('${channel}', '${text}')`);
    }
    return;
  }
  const redis = new Redis(serviceUrl('TEST_REDIS_URL') ?? '');
  await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      redis.publish(channel, MESSAGES[index % MESSAGES.length] ?? ''),
    ),
  );
  await sleep(1);
  redis.disconnect();
}
