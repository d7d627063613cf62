import { isRecord } from './records.js';

/** Collects the problems in the options, so that one error can list them all. */
export class Problems {
  readonly list: string[] = [];

  /** Notes a problem: what is wrong, then what to do. Returns `undefined`, for callers that return a value. */
  add(problem: string): undefined {
    this.list.push(problem);
  }

  /**
   * Notes a group of options that is not an object. Otherwise `renewal: false` would count as a group with every
   * option at its default.
   */
  requireGroup<T>(name: string, given: T): given is T & Readonly<Record<string, unknown>> {
    if (isRecord(given)) return true;
    this.add(`${name}: it is not an object of options. Give one, or leave it out.`);
    return false;
  }

  /**
   * Notes every option that does not exist: a misspelt one must not silently do nothing.
   *
   * Name the type of the options. The compiler then finds options that are missing from `known`, and names that are
   * not options.
   *
   * @param instead for a wrong name that people try: the name to write instead
   */
  // The caller names it, so that the names are checked against it.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  unknown<Options>(
    where: string,
    given: object,
    known: Readonly<Record<keyof NoInfer<Options>, true>>,
    instead: Readonly<Record<string, string>> = {},
  ): void {
    for (const key of Object.keys(given)) {
      if (Object.hasOwn(known, key)) continue;
      const advice = Object.hasOwn(instead, key)
        ? `Write ${instead[key]}`
        : `The options are ${Object.keys(known).join(', ')}`;
      this.add(
        key === 'ignoreExpiration'
          ? `${where}.${key}: a token that never expires cannot be revoked for good. Remove this option.`
          : `${where}.${key}: there is no such option. ${advice}.`,
      );
    }
  }
}
