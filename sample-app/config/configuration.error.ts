/** Stops the start: one environment variable has a value that the application cannot use. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** The message is one line. It does not contain the value, because some variables hold secrets. */
  constructor(variable: string, problem: string) {
    super(`${variable}: ${problem.replaceAll(/\s+/g, ' ')}`);
  }
}
