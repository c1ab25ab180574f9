import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JwksClient } from 'jwks-rsa';
import { isObject } from '../json.ts';
import { getBytes, MAX_BYTES } from './get-bytes.ts';

function readBytes(uri: string): Buffer {
  try {
    const path = fileURLToPath(uri);
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('it is not a file');
    if (stat.size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? 'there is no such file' : (code ?? message));
  }
}

/** The bytes at a URI; see `fetchJwks`. */
export const bytesAt = async (uri: string, signal: AbortSignal): Promise<Buffer> => {
  if (uri.startsWith('data:')) return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  return uri.startsWith('file:') ? readBytes(uri) : getBytes(uri, signal);
};

/** What bytes are that aren't JSON, if it can be recognized. */
function describeBytes([first, second]: Buffer): string {
  if (first === 0x1f && second === 0x8b) return 'is compressed (gzip), which was not asked for';
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || first === 0 || second === 0) return 'is in UTF-16; JSON is in UTF-8';
  return first === 0x3c ? 'is not JSON but a web page or XML' : 'is not JSON';
}

/** A JWK Set has three or four levels of arrays and objects; 1 MiB of real keys has some 20,000 of them. */
const MAX_DEPTH = 100;
const MAX_CONTAINERS = 30_000;

/**
 * What is wrong with JSON that would cost the parser far more memory than it has bytes: some 120 bytes for each array
 * or object, and more where they are nested. Brackets in strings don't count.
 */
function describeStructure(json: Buffer): string | undefined {
  let depth = 0;
  let containers = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const character = String.fromCharCode(json[at] ?? 0);
    if (isInString) {
      if (character === '\\') at++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === ']' || character === '}') depth--;
    else if (character === '[' || character === '{') {
      depth++;
      containers++;
      if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
      if (containers > MAX_CONTAINERS) return `has more than ${MAX_CONTAINERS} arrays and objects`;
    }
  }
  return undefined;
}

function parseJwks(bytes: Buffer): { keys: unknown[] } {
  const problem = describeStructure(bytes);
  if (problem) throw new Error(`its answer ${problem}`);
  let jwks: unknown;
  try {
    jwks = JSON.parse(bytes.toString().replace(/^\uFEFF/, ''));
  } catch {
    throw new Error(`its answer ${describeBytes(bytes)}`); // not the parser's own message, which quotes the text
  }
  if (isObject(jwks) && Array.isArray(jwks.keys)) return { keys: jwks.keys };
  throw new Error('its answer isn\'t a JWK Set: it has no array "keys"');
}

/**
 * Asks for a JWK Set, at an endpoint, in a file or in the URI itself.
 *
 * @param jwksUri `https:`, `http:` (loopback), `file:` or `data:…;base64,`
 * @param signal ends it; then it rejects with the signal's reason once the connection is closed
 * @returns the member `keys` as published
 * @throws Error with half a sentence about the endpoint, which quotes nothing of its answer
 */
export async function fetchJwks(jwksUri: string, signal: AbortSignal): Promise<readonly unknown[]> {
  const fetcher = async (uri: string) => parseJwks(await bytesAt(uri, signal));
  // jwks-rsa's own cache and rate limit are off: key-source.ts says why it keeps the keys itself
  const client = new JwksClient({ jwksUri, cache: false, rateLimit: false, fetcher });
  return (await client.getKeys()) as readonly unknown[];
}
