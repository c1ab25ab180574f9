import { execSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The packages of the peers, and that of AWS's runtime client; each folder has a lock file of its own. */
export const PEERS = new URL('./', import.meta.url);
export const RIC = new URL('./ric/', import.meta.url);

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
}

const packagesIn = (lockFile: URL): Readonly<Record<string, LockedPackage>> =>
  existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {};

const lockedIn = (folder: URL) => packagesIn(new URL('package-lock.json', folder));

/** Whether what a folder's lock file names is there, by the list that npm leaves behind. */
function isInstalled(folder: URL): boolean {
  const installed = packagesIn(new URL('node_modules/.package-lock.json', folder));
  return Object.entries(lockedIn(folder)).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/**
 * Installs what a folder's lock file names, unless it is there: only the first time needs a network.
 *
 * @throws Error where npm can't
 */
export function install(folder: URL): void {
  if (isInstalled(folder)) return;
  console.error(`Installing ${fileURLToPath(folder)} (once) …`);
  execSync('npm ci --no-audit --no-fund', { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The version of a package, from the lock files: the peers' own, else this project's. */
export function versionOf(name: string): string {
  const [version] = [PEERS, new URL('../../', import.meta.url)].flatMap(
    (folder) => lockedIn(folder)[`node_modules/${name}`]?.version ?? [],
  );
  if (version === undefined) throw new Error(`no lock file names ${name}`);
  return version;
}
