import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment, Member } from './deployment.js';
import { whoami } from './http.js';
import type { Target } from './observer.js';
import type { Holder } from './tokens.js';

/** Whether a process answers for a token that nobody took away, and says itself that it is well. */
async function isWell({ options }: Deployment, member: Member, holder: Holder): Promise<boolean> {
  if ((await whoami(member.url, holder.token)).status !== 200) return false;
  const ready = await member.running.nobody.get('/health/ready');
  if (ready.status !== 200) return false;
  const { auth } = Object(ready.body['details']);
  return options.maxStalenessMs === undefined || Object(auth).isTracking === true;
}

/** How long it takes until every process is well again, in milliseconds; gives up after a while. */
export async function recovery(
  deployment: Deployment,
  holder: Holder,
  limitMs = 20_000,
): Promise<number> {
  const began = performance.now();
  const wells = deployment.members.map(async (member) => {
    while (!(await isWell(deployment, member, holder).catch(() => false))) {
      if (performance.now() - began > limitMs) {
        const { nobody, output } = member.running;
        const said = await nobody.get('/health/ready').catch(String);
        const what = typeof said === 'string' ? `${said}\n${output.stderr}` : said.text;
        throw new Error(`${member.name} is not well ${limitMs} ms after healing: ${what}`);
      }
      await sleep(20);
    }
  });
  await Promise.all(wells);
  return performance.now() - began;
}

/** The processes that still let a token in, of those that run. */
export async function whoAccepts(
  { members }: { readonly members: readonly Target[] },
  { token }: Pick<Holder, 'token'>,
): Promise<readonly string[]> {
  const replies = await Promise.all(
    members.map(async ({ name, url }) => ({ name, ...(await whoami(url, token)) })),
  );
  return replies
    .filter(({ status }) => status !== 401)
    .map(({ name, status }) => `${name}: ${status}`);
}

/** When a process saw what was taken away, in milliseconds after it was committed. */
export interface Visibility {
  /** When the last request began that was let in; 0: none was. The promise is about this one. */
  readonly accepted: number;
  /** When the first began that was refused: it is in force by then. */
  readonly refused: number;
}

/** Tries a token without a pause until a process refuses it. */
export async function visibility(
  target: Target,
  { token }: Pick<Holder, 'token'>,
  committedAt: number,
  limitMs = 20_000,
): Promise<Visibility> {
  let accepted = 0;
  for (;;) {
    const { status, beganAt } = await whoami(target.url, token);
    const after = Math.max(0, beganAt - committedAt);
    if (status === 401) return { accepted, refused: after };
    if (status === 200) accepted = after;
    if (after > limitMs) return { accepted, refused: Infinity };
  }
}
