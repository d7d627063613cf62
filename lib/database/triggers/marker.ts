/** What a trigger says about itself, so that a process can check later whether it watches enough. */
export interface Marker {
  readonly realm: string;
  /** The entry that the trigger appends, and its event. Must be equal. */
  readonly same: string;
  /** Columns or unique keys. The trigger may cover more than needed. */
  readonly covers: readonly string[];
}

/** It contains a version: triggers of an older version do not cover what newer code needs. */
const PREFIX = 'nestjs-revocable-jwt:1:';
const MARKER = /nestjs-revocable-jwt:1:([\w%[\]{}",: .-]*)/;
/** All characters except those that are safe in a literal, a comment and a dollar quote of every database. */
const UNSAFE = /[^\w[\]{}",: .-]/gu;

/**
 * The marker as a text for the body of a trigger. It is part of the code, so it exists exactly as long as
 * the code that it describes, and is copied and restored with it.
 */
export function writeMarker({ realm, same, covers }: Marker): string {
  const json = JSON.stringify([realm, same, covers]);
  return PREFIX + json.replace(UNSAFE, percentEncoded);
}

/** The marker in a trigger's code; `undefined`: it has none of this version. */
export function readMarker(code: string): Marker | undefined {
  const text = MARKER.exec(code)?.[1];
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(
      decodeURIComponent(text.slice(0, text.lastIndexOf(']') + 1)),
    );
    return markerOf(parsed);
  } catch {
    // Not a marker of the library.
    return undefined;
  }
}

/** Whether the installed trigger does everything that the needed one would. */
export function isCovered(installed: Marker, needed: Marker): boolean {
  return (
    installed.realm === needed.realm &&
    installed.same === needed.same &&
    needed.covers.every((name) => installed.covers.includes(name))
  );
}

function markerOf(parsed: unknown): Marker | undefined {
  if (!Array.isArray(parsed)) return undefined;
  const [realm, same, covers]: readonly unknown[] = parsed;
  if (typeof realm !== 'string' || typeof same !== 'string' || !Array.isArray(covers)) {
    return undefined;
  }
  return { realm, same, covers: covers.map(String) };
}

function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character),
    (byte) => `%${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}
