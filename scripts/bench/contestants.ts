import { fileURLToPath } from 'node:url';
import { bundle, bundleHandler } from '../bundle.ts';
import { PEERS } from './install.ts';

/** A handler to be compared. */
export interface Contestant {
  readonly name: string;
  /** The npm packages it is made of, for their versions. */
  readonly packages: readonly string[];
  /** `false`: it allows everybody, and only shows what the rest costs. */
  readonly verifies: boolean;
  /** Its one file, as it would be uploaded. */
  readonly build: () => Promise<Uint8Array>;
}

/** A peer, bundled as this function is, but with all that its libraries bring. */
const peer = (name: string, file: string, packages: readonly string[], verifies = true): Contestant => ({
  name,
  packages,
  verifies,
  build: () => bundleHandler(fileURLToPath(PEERS), `peers/${file}.mjs`),
});

/** What everything is compared with. */
export const FLOOR = peer('hand-written floor', 'floor', []);
export const THIS: Contestant = { name: 'this zip', packages: [], verifies: true, build: bundle };

/** In the order of the table. jsonwebtoken and jwks-rsa are those that this function is made of. */
export const CONTESTANTS: readonly Contestant[] = [
  peer('empty handler', 'empty', [], false),
  FLOOR,
  THIS,
  peer('aws-jwt-verify', 'aws-jwt-verify', ['aws-jwt-verify']),
  peer('jose', 'jose', ['jose']),
  peer('fast-jwt, get-jwks', 'fast-jwt', ['fast-jwt', 'get-jwks']),
  peer('jsonwebtoken, jwks-rsa', 'jsonwebtoken', ['jsonwebtoken', 'jwks-rsa']),
];
