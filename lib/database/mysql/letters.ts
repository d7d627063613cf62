import type { Column } from '../database.js';

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, byte) => byte);
/** MySQL's latin1 is Windows-1252, like the Web's. */
const latin1 = new TextDecoder('windows-1252');
/** The letters of the character sets that do not hold all of Unicode, by the name in the entity. */
const REPERTOIRES: Readonly<Record<string, ReadonlySet<string>>> = {
  ascii: new Set(latin1.decode(bytes(128))),
  latin1: new Set(latin1.decode(bytes(256))),
};

/** The letters that a column may be compared with: with any other one the statement fails (error 1267). */
export function lettersOf({ charset, collation }: Column): ReadonlySet<string> | undefined {
  return REPERTOIRES[charset ?? collation?.split('_')[0] ?? ''];
}
