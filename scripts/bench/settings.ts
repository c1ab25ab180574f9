/** How much is measured. */
export interface Settings {
  readonly coldRuns: number;
  readonly memoryRuns: number;
  /** Processes for each contestant, in each of them batches of fresh tokens. */
  readonly warmProcesses: number;
  /** So many batches first, which don't count: the code is still being compiled. */
  readonly warmUpBatches: number;
  readonly warmBatches: number;
  readonly batchSize: number;
  readonly inventedKids: number;
}

export const FULL: Settings = {
  coldRuns: 100,
  memoryRuns: 11,
  warmProcesses: 5,
  warmUpBatches: 200,
  warmBatches: 60,
  batchSize: 100,
  inventedKids: 10_000,
};

/** Under two minutes. */
export const QUICK: Settings = {
  coldRuns: 11,
  memoryRuns: 3,
  warmProcesses: 1,
  warmUpBatches: 60,
  warmBatches: 20,
  batchSize: 100,
  inventedKids: 1_000,
};
