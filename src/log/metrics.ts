import type { Outcome } from '../decision.ts';

interface Measures {
  readonly functionName: string;
  readonly outcome: Outcome;
  /** Milliseconds from the event to the answer. */
  readonly duration: number;
  /** Seconds since the issuer's keys were fetched, where the decision had to do with any. */
  readonly keySetAge: number | undefined;
  /** Fetches of any issuer's keys since the previous decision. */
  readonly keyFetches: number;
  readonly keyFetchFailures: number;
}

/**
 * The members that make a decision line a CloudWatch embedded metric as well (CloudWatch User Guide,
 * "Specification: Embedded metric format"). Dimensions stay few: the function, and for one metric the reason.
 *
 * @param timestamp milliseconds since the epoch
 */
export function embeddedMetrics(namespace: string, timestamp: number, measures: Measures) {
  const { functionName, outcome, duration, keySetAge, keyFetches, keyFetchFailures } = measures;
  const metrics = [
    ...['Allow', 'Deny', 'Unauthorized', 'Error'].map((Name) => {
      return { Name, Unit: 'Count', value: Number(outcome === Name.toLowerCase()) };
    }),
    { Name: 'Duration', Unit: 'Milliseconds', value: duration },
    { Name: 'KeySetAge', Unit: 'Seconds', value: keySetAge },
    { Name: 'KeyFetches', Unit: 'Count', value: keyFetches },
    { Name: 'KeyFetchFailures', Unit: 'Count', value: keyFetchFailures },
  ].filter(({ value }) => value !== undefined);
  const Namespace = namespace;
  return {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        { Namespace, Dimensions: [['FunctionName']], Metrics: metrics.map(({ Name, Unit }) => ({ Name, Unit })) },
        { Namespace, Dimensions: [['FunctionName', 'reason']], Metrics: [{ Name: 'Decisions', Unit: 'Count' }] },
      ],
    },
    FunctionName: functionName,
    Decisions: 1,
    ...Object.fromEntries(metrics.map(({ Name, value }) => [Name, value])),
  };
}

/** Counts fetches of keys by their lines in the log. */
export class FetchCounter {
  #counts = { keyFetches: 0, keyFetchFailures: 0 };

  count({ fetch }: { readonly fetch?: 'succeeded' | 'failed' }): void {
    if (fetch) this.#counts.keyFetches += 1;
    if (fetch === 'failed') this.#counts.keyFetchFailures += 1;
  }

  /** How many there were, and how many failed, since this was last asked. */
  take(): Pick<Measures, 'keyFetches' | 'keyFetchFailures'> {
    const counts = this.#counts;
    this.#counts = { keyFetches: 0, keyFetchFailures: 0 };
    return counts;
  }
}
