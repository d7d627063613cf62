import { AuthDatabaseError } from '../errors/database.errors.js';
import type { DeploymentKey, DeploymentState } from '../decision/auth-state.js';
import type { Row } from '../database/database.js';
import { STATE } from '../database/tables/log.tables.js';
import { createHmac, randomBytes } from 'node:crypto';

const OWN = STATE.pick('generation', 'issuedBefore', 'stampKey', 'withdrawnKeys');
const NONE: ReadonlySet<string> = new Set();

/** The last list and the last key, with their texts: the row is read often and changes rarely. */
let latest: { readonly text: string; readonly keys: ReadonlySet<string> } | undefined;
let latestKey: { readonly text: string; readonly key: DeploymentKey } | undefined;

/** The deployment's row of `auth_state`, as the state statement and the log statement select it. */
export function deploymentOf(row: Row): DeploymentState {
  const { stampKey, withdrawnKeys, ...state } = OWN.read(row);
  return { ...state, key: deploymentKey(stampKey), withdrawnKeys: withdrawnKeysOf(withdrawnKeys) };
}

/** The ids in the column. Throws unless it is a list of texts: otherwise a withdrawn key might be missed. */
export function withdrawnKeysOf(column: unknown): ReadonlySet<string> {
  if (column === null) return NONE;
  if (typeof column !== 'string') throw unreadable('was not read');
  if (latest?.text === column) return latest.keys;
  const list: unknown = JSON.parse(column);
  if (!Array.isArray(list) || !list.every((kid) => typeof kid === 'string')) {
    throw unreadable('is not a list of key ids');
  }
  latest = { text: column, keys: new Set(list) };
  return latest.keys;
}

function unreadable(problem: string): AuthDatabaseError {
  return new AuthDatabaseError('unreadable', `auth_state.withdrawn_keys ${problem}.`);
}

/** The key of a deployment, from the text in its row. It gives digests, and never the text. */
export function deploymentKey(text: string): DeploymentKey {
  if (latestKey?.text === text) return latestKey.key;
  const key: DeploymentKey = {
    digest(purpose, ...parts) {
      const hmac = createHmac('sha256', text).update(purpose);
      for (const part of parts) hmac.update(part);
      return hmac.digest();
    },
  };
  latestKey = { text, key };
  return key;
}

/** 256 random bits as text: for the key of a deployment, or its generation. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
