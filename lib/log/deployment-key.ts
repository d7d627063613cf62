import { createHmac, randomBytes } from 'node:crypto';
import type { DeploymentKey } from '../decision/auth-state.js';

/** The last key, by its text: the row is read all the time and hardly ever changes. */
let latest: { readonly text: string; readonly key: DeploymentKey } | undefined;

/** The key of a deployment, from the text in its row. Only digests come out of it again. */
export function deploymentKey(text: string): DeploymentKey {
  if (latest?.text === text) return latest.key;
  const key: DeploymentKey = {
    digest(purpose, ...parts) {
      const hmac = createHmac('sha256', text).update(purpose);
      for (const part of parts) hmac.update(part);
      return hmac.digest();
    },
  };
  latest = { text, key };
  return key;
}

/** 256 random bits as text: for the key of a deployment, or its generation. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
