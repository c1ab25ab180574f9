import { zip } from '../../bundle.ts';
import type { Arena } from '../arena.ts';

/** Bytes, as uploaded and as loaded. */
export interface Size {
  readonly raw: number;
  readonly zipped: number;
}

/** Sizes by contestant, all zipped the same way. */
export const measureSize = ({ entrants }: Arena): ReadonlyMap<string, Size> =>
  new Map(entrants.map(({ name, code }) => [name, { raw: code.length, zipped: zip(code).length }]));
