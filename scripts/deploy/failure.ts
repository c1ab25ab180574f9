/** Something that keeps a deployment from being made, in words for the person who asked for it. */
export class Failure extends Error {
  /** What the process ends with: 1, or 2 for a command line that makes no sense. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
