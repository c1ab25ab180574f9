import { arch, cpus, platform } from 'node:os';
import type { Arena } from './arena.ts';
import { versionOf } from './install.ts';
import { measureCold } from './measures/cold.ts';
import { checkCorrect } from './measures/correct.ts';
import { type Flood, measureFlood } from './measures/flood.ts';
import { measureMemory } from './measures/memory.ts';
import { measureSize, type Size } from './measures/size.ts';
import { measureWarm, type Warm } from './measures/warm.ts';
import type { Settings } from './settings.ts';

/** How long the slow JWKS endpoint takes to answer, in milliseconds. */
export const DELAY = 50;

/** All that was measured of a contestant. */
export interface Figures {
  readonly name: string;
  /** With versions, as `jose 6.2.17`. */
  readonly packages: readonly string[];
  /** Milliseconds, with a JWKS endpoint that answers at once. */
  readonly cold: number;
  /** Milliseconds, with one that takes DELAY. */
  readonly coldDelayed: number;
  readonly size: Size;
  /** Bytes. */
  readonly memory: number;
  /** Not of a handler that verifies nothing. */
  readonly warm: Warm | undefined;
  readonly flood: Flood | undefined;
}

/** A run of the bench: what, and on what. */
export interface Results {
  readonly contestants: readonly Figures[];
  readonly settings: Settings;
  readonly machine: string;
  readonly node: string;
  readonly runtime: string;
}

const say = (what: string) => console.error(`${what} …`);

const machine = () => {
  const [cpu, ...others] = cpus();
  return `${cpu?.model.trim() ?? 'unknown processor'}, ${others.length + 1} cores, ${platform()} ${arch()}`;
};

/** Measures everything, one thing after the other. */
export async function measureAll(arena: Arena, settings: Settings): Promise<Results> {
  say('Checking that every contestant allows good tokens only');
  await checkCorrect(arena);
  say('Cold starts');
  const cold = await measureCold(arena, 0, settings.coldRuns);
  say(`Cold starts, JWKS after ${DELAY} ms`);
  const coldDelayed = await measureCold(arena, DELAY, settings.coldRuns);
  say('Memory');
  const memory = await measureMemory(arena, settings.memoryRuns);
  say('Warm decisions');
  const warm = await measureWarm(arena, settings);
  say(`Flood of ${settings.inventedKids} invented kids`);
  const flood = await measureFlood(arena, settings.inventedKids);
  const size = measureSize(arena);

  /** What a measure that covers every contestant found of one. */
  function of<T>(found: ReadonlyMap<string, T>, name: string): T {
    const value = found.get(name);
    if (value === undefined) throw new Error(`nothing was measured of ${name}`);
    return value;
  }
  const contestants = arena.entrants.map(({ name, packages }) => ({
    name,
    packages: packages.map((packageName) => `${packageName} ${versionOf(packageName)}`),
    cold: of(cold, name),
    coldDelayed: of(coldDelayed, name),
    size: of(size, name),
    memory: of(memory, name),
    warm: warm.get(name),
    flood: flood.get(name),
  }));
  return { contestants, settings, machine: machine(), node: process.version, runtime: arena.runtime.name };
}
