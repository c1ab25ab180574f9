/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return pair.reduce((sum, value) => sum + value, 0) / pair.length;
}

/** The same values in an order drawn at random. */
export const shuffle = <T>(values: readonly T[]): T[] =>
  values
    .map((value) => ({ value, drawn: Math.random() }))
    .sort((a, b) => a.drawn - b.drawn)
    .map(({ value }) => value);
