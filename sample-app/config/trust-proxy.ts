import { isIP } from 'node:net';
import type { Reader } from './values.js';

/** The value for both adapters: a number of proxies, or their addresses. */
export type TrustProxy = number | string[];

/** The names that both adapters have for networks without public clients. */
const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** "All proxies" is refused: then every client could choose its address. */
export const trustProxy: Reader<TrustProxy> = {
  accepts:
    'a number of proxies from 0 to 9, or a list of their addresses and networks, such as "10.0.0.0/8,loopback"',
  read: (given) => {
    if (/^\d$/.test(given)) return Number(given);
    const list = given.split(',').map((entry) => entry.trim());
    return list.every((entry) => NETWORKS.has(entry) || isNetwork(entry)) ? list : undefined;
  },
};

/** An address, or a network that does not contain all addresses. */
function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...more] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  const length = /^[1-9]\d{0,2}$/.test(prefix) ? Number(prefix) : 0;
  return length > 0 && length <= (version === 4 ? 32 : 128);
}
