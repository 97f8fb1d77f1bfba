/** Between two lines about the same thing where lines cannot be rewritten, in milliseconds. */
const LINE_INTERVAL = 5_000;
/** Between two rewritings of a line, in milliseconds. */
const REWRITING_INTERVAL = 100;

/** Where progress is shown; a terminal rewrites its last line. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how work is getting on: on a terminal in one line that is rewritten, elsewhere in a line now and then. */
export class ProgressLine {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #nextDate = 0;
  #isLineOpen = false;

  /** @param now in milliseconds */
  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  /** Shows a line unless another one was shown just now; that of work which is done always. */
  show(line: string, isDone: boolean): void {
    const now = this.#now();
    if (!isDone && now < this.#nextDate) return;
    const isTerminal = this.#output.isTTY === true;
    this.#nextDate = now + (isTerminal ? REWRITING_INTERVAL : LINE_INTERVAL);
    this.#output.write(isTerminal ? `\r${line}\u001b[K` : `${line}\n`);
    this.#isLineOpen = isTerminal;
    if (isDone) this.end();
  }

  /** Lets whatever is written next begin a line of its own. */
  end(): void {
    if (this.#isLineOpen) this.#output.write('\n');
    this.#isLineOpen = false;
  }
}
