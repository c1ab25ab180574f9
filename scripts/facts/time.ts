const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A time as people say it, and as clocks do: "3 hours ago (2026-01-31T12:00:00.000Z)". */
export function whenIs(time: number, now: number): string {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(time - now) >= length) ?? ['second', 1];
  const relative = new Intl.RelativeTimeFormat('en').format(Math.round((time - now) / length), unit);
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? relative : `${relative} (${date.toISOString()})`;
}
