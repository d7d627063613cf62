/** What a trigger says of itself, so that a process can tell later whether it watches enough. */
export interface Marker {
  readonly realm: string;
  /** What it must agree on: what it appends, and upon what. */
  readonly same: string;
  /** What it may cover more of than is needed: columns, or unique keys. */
  readonly covers: readonly string[];
}

/** The version is part of it: triggers whose meaning changed do not cover what newer code needs. */
const PREFIX = 'nestjs-revocable-jwt:1:';
const MARKER = /nestjs-revocable-jwt:1:([\w%[\]{}",: .-]*)/;
/** What can stand in a literal, a comment and a dollar quote of every database as it is. */
const UNSAFE = /[^\w[\]{}",: .-]/gu;

/**
 * The marker as a text for the body of a trigger. As part of the code, so that it lives exactly as
 * long as what it describes, and is copied and restored with it.
 */
export function writeMarker({ realm, same, covers }: Marker): string {
  const json = JSON.stringify([realm, same, covers]);
  return PREFIX + json.replace(UNSAFE, percentEncoded);
}

/** The marker in a trigger's code; `undefined` where there is none of this version. */
export function readMarker(code: string): Marker | undefined {
  const text = MARKER.exec(code)?.[1];
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(
      decodeURIComponent(text.slice(0, text.lastIndexOf(']') + 1)),
    );
    return markerOf(parsed);
  } catch {
    // Not ours after all.
    return undefined;
  }
}

/** Whether a trigger with the one marker does all that one with the other is needed for. */
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
