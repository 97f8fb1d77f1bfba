import { Histogram, type Registry } from 'prom-client';

/** The upper bounds of the buckets in seconds: from what a cache answers to what a client no longer waits for. */
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** How long things of one kind took: plain numbers, so that to note one more costs some nanoseconds. */
export class Durations {
  /** Of each bucket, and of what was longer. */
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  #sum = 0;

  /** @param milliseconds as `performance.now` tells them */
  note(milliseconds: number): void {
    const seconds = milliseconds / 1_000;
    let bucket = 0;
    for (const bound of BOUNDS) {
      if (seconds <= bound) break;
      bucket += 1;
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** Notes how long work takes, however it ends. */
  async measure<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.note(performance.now() - began);
    }
  }

  /** The samples of a Prometheus histogram. */
  samples(name: string, labels: Readonly<Record<string, string>>) {
    let count = 0;
    const buckets = [...this.#counts].map((counted, bucket) => {
      count += counted;
      return {
        metricName: `${name}_bucket`,
        labels: { ...labels, le: BOUNDS[bucket] ?? '+Inf' },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** One kind of thing whose durations a histogram shows, and its labels. */
export type LabelledDurations = readonly [labels: Readonly<Record<string, string>>, durations: Durations];

/** A Prometheus histogram of durations that are noted elsewhere. */
export class DurationHistogram extends Histogram {
  readonly #name: string;
  readonly #read: () => Iterable<LabelledDurations>;

  constructor(
    registry: Registry,
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<LabelledDurations>,
  ) {
    super({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#name = name;
    this.#read = read;
  }

  override async get() {
    const values = [...this.#read()].flatMap(([labels, durations]) => durations.samples(this.#name, labels));
    return { ...(await super.get()), values };
  }
}
