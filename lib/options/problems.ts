/** Collects what is wrong with the options, so that one error can list all of it. */
export class Problems {
  readonly list: string[] = [];

  /** Notes a problem; the text ends with what to do. */
  add(problem: string): void {
    this.list.push(problem);
  }

  /** Notes every property that nothing reads: a misspelt option must not silently do nothing. */
  unknown(where: string, given: object, known: readonly string[]): void {
    for (const key of Object.keys(given)) {
      if (known.includes(key)) continue;
      this.add(
        key === 'ignoreExpiration'
          ? `${where}.${key}: a token that never expires cannot be revoked for good; remove it.`
          : `${where}.${key}: there is no such option; known are ${known.join(', ')}.`,
      );
    }
  }
}
