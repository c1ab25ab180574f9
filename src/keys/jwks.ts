import { readFileSync, statSync } from 'node:fs';
import { get as getOverHttp, type IncomingMessage } from 'node:http';
import { get as getOverHttps } from 'node:https';
import { fileURLToPath } from 'node:url';
import { JwksClient } from 'jwks-rsa';
import { isObject } from '../json.ts';

/** No JWK Set comes near it. */
const MAX_BYTES = 1024 * 1024;

const OPTIONS = {
  headers: {
    accept: 'application/jwk-set+json, application/json',
    'accept-encoding': 'identity',
    'user-agent': 'custom-authorizer',
    // with the global agent, which knows Node's proxy variables: a connection that is kept open would be dead after
    // the next freeze of the execution environment
    connection: 'close',
  },
  // whatever NODE_TLS_REJECT_UNAUTHORIZED says
  rejectUnauthorized: true,
  // milliseconds: Node's own 250 give up every address of a host that is far away
  autoSelectFamilyAttemptTimeout: 1000,
};

/** Connections that ended before an answer, and may not the next time. */
const RETRIED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** An error about the connection, before any answer. */
class NoAnswer extends Error {
  readonly isRetried: boolean;

  constructor({ message, code = '' }: NodeJS.ErrnoException) {
    super((message || code).replace(/\s+/g, ' ').trim()); // OpenSSL's end in a line feed
    this.isRetried = RETRIED.has(code);
  }
}

/** What is wrong with an answer by its head. */
function checkHead({ statusCode, headers }: IncomingMessage): string | undefined {
  if (statusCode !== 200) return `it answered with status ${statusCode}, not 200`;
  const { 'content-encoding': encoding = 'identity' } = headers;
  return encoding === 'identity'
    ? undefined
    : `its answer is compressed (${encoding}), which was not asked for`;
}

/** One GET, without redirects, bounded in size; settles once its connection is closed. */
const getBytes = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const get = new URL(uri).protocol === 'https:' ? getOverHttps : getOverHttp;
    const chunks: Buffer[] = [];
    let bytes = 0;
    let failure: Error | undefined;
    let isComplete = false;
    const fail = (error: Error) => {
      failure ??= error;
      request.destroy();
    };
    const request = get(uri, { ...OPTIONS, signal }, (response) => {
      response.on('error', () => fail(new Error('its answer broke off')));
      const problem = checkHead(response);
      if (problem !== undefined) return fail(new Error(problem));
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) fail(new Error(`its answer is longer than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      const { socket } = response;
      response.on('end', () => {
        isComplete = true;
        socket.destroy(); // the agent would keep it where the server does, whatever was asked
      });
    });
    request.on('upgrade', (_response, socket) => {
      fail(new Error('it answered with status 101, not 200'));
      socket.destroy();
    });
    request.on('error', (error) => fail(new NoAnswer(error)));
    request.on('close', () => {
      if (signal.aborted) reject(signal.reason);
      else if (failure) reject(failure);
      else if (isComplete) resolve(Buffer.concat(chunks));
      else reject(new Error('its answer broke off'));
    });
  });

/** A connection that fails is tried once more; both are the same fetch, with the same end. */
const getBytesTwice = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  getBytes(uri, signal).catch((error: unknown) => {
    if (error instanceof NoAnswer && error.isRetried) return getBytes(uri, signal);
    throw error;
  });

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

const bytesAt = async (uri: string, signal: AbortSignal): Promise<Buffer> => {
  if (uri.startsWith('data:')) return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  return uri.startsWith('file:') ? readBytes(uri) : getBytesTwice(uri, signal);
};

/** What bytes that are no JSON are, where that can be seen. */
function describeBytes([first, second]: Buffer): string {
  if (first === 0x1f && second === 0x8b) return 'is compressed (gzip), which was not asked for';
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || first === 0 || second === 0) return 'is in UTF-16; JSON is in UTF-8';
  return first === 0x3c ? 'is not JSON but a web page or XML' : 'is not JSON';
}

function parseJwks(bytes: Buffer): { keys: unknown[] } {
  let jwks: unknown;
  try {
    jwks = JSON.parse(bytes.toString().replace(/^\uFEFF/, ''));
  } catch {
    throw new Error(`its answer ${describeBytes(bytes)}`); // not the parser's own message, which quotes the text
  }
  if (isObject(jwks) && Array.isArray(jwks.keys)) return { keys: jwks.keys };
  throw new Error('its answer is no JWK Set: it has no array "keys"');
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

/** A `JWKS_URI` as it may be shown: its query may hold a key, and a `data:` URI is the set itself. */
export const shownUri = (jwksUri: string): string =>
  jwksUri.startsWith('data:')
    ? `${jwksUri.slice(0, jwksUri.indexOf(','))},…`
    : jwksUri.replace(/[?#].*$/s, '');
