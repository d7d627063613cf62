/**
 * `expression IN (?, ?, …)`, filled up to a power of two by repeating the last value: ten distinct
 * texts instead of a thousand, so that prepared statements can be used again.
 */
export function inList(expression: string, values: readonly string[], params: unknown[]): string {
  const last = values.at(-1);
  if (last === undefined) return '1 = 0';
  const size = 2 ** Math.ceil(Math.log2(values.length));
  const padded = [...values, ...Array.from({ length: size - values.length }, () => last)];
  params.push(...padded);
  return `${expression} IN (${padded.map(() => '?').join(', ')})`;
}
