/** What has to be undone at the end, or when the start fails: the last first. */
export class Shutdown {
  private readonly steps: (() => void | Promise<void>)[] = [];

  add(step: () => void | Promise<void>): void {
    this.steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.steps.splice(0).toReversed()) {
      // One after the other: each step may need what was opened before it.
      // oxlint-disable-next-line no-await-in-loop
      await step();
    }
  }
}
