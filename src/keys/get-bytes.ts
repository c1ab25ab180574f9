import { get as getOverHttp, type IncomingMessage } from 'node:http';
import { get as getOverHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

/** No JWK Set comes near it. */
export const MAX_BYTES = 1024 * 1024;

const OPTIONS = {
  headers: {
    accept: 'application/jwk-set+json, application/json',
    'accept-encoding': 'identity',
    'user-agent': 'custom-authorizer',
    // with the global agent, which knows Node's proxy variables: a connection that is kept open would be dead after
    // the next freeze of the execution environment
    connection: 'close',
  },
  // even with NODE_TLS_REJECT_UNAUTHORIZED=0
  rejectUnauthorized: true,
  // milliseconds: Node's own 250 give up every address of a host that is far away
  autoSelectFamilyAttemptTimeout: 1000,
};

const LOOPBACK = ['127.0.0.1', '::1'].map((address, at) => ({ address, family: at === 0 ? 4 : 6 }));
/** RFC 6761, 6.3: names below `localhost` are loopback, even if a resolver says otherwise or doesn't know them. */
const lookup: LookupFunction = (_name, { all }, tell) => (all ? tell(null, LOOPBACK) : tell(null, '127.0.0.1', 4));

/** What ended before an answer, and may not the next time: a connection, or the resolution of the host's name. */
const RETRIED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN']);

/** An error about the connection, before any answer. */
class NoAnswer extends Error {
  readonly isRetried: boolean;

  constructor({ message, code = '' }: NodeJS.ErrnoException) {
    super((message || code).replace(/\s+/g, ' ').trim()); // OpenSSL's end in a line feed
    this.isRetried = RETRIED.has(code);
  }
}

/** Content codings (RFC 9110, 8.4.1). Object stores write other things into that header, over plain JSON. */
const COMPRESSION = /(?:^|,)\s*(gzip|x-gzip|deflate|compress|br|zstd)\s*(?:,|$)/i;

/** What is wrong with an answer by its head. */
function checkHead({ statusCode, headers }: IncomingMessage): string | undefined {
  if (statusCode !== 200) return `it answered with status ${statusCode}, not 200`;
  const [, coding] = COMPRESSION.exec(headers['content-encoding'] ?? '') ?? [];
  return coding && `its answer is compressed (${coding.toLowerCase()}), which was not asked for`;
}

/** One GET, without redirects, bounded in size; settles once its connection is closed. */
const getOnce = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const get = new URL(uri).protocol === 'https:' ? getOverHttps : getOverHttp;
    // one buffer: a small piece is a Buffer of its own, which takes some 400 bytes for one
    const bytes = Buffer.allocUnsafeSlow(MAX_BYTES + 1);
    let length = 0;
    let failure: Error | undefined;
    let isComplete = false;
    const fail = (error: Error) => {
      failure ??= error;
      request.destroy();
    };
    const isLoopback = new URL(uri).hostname.endsWith('.localhost');
    const request = get(uri, { ...OPTIONS, ...(isLoopback && { lookup }), signal }, (response) => {
      response.on('error', () => fail(new Error('its answer broke off')));
      const problem = checkHead(response);
      if (problem !== undefined) return fail(new Error(problem));
      response.on('data', (piece: Buffer) => {
        length += piece.copy(bytes, length);
        if (length > MAX_BYTES) fail(new Error(`its answer is longer than ${MAX_BYTES} bytes`));
      });
      const { socket } = response;
      response.on('end', () => {
        isComplete = true;
        socket.destroy(); // the agent would keep it if the server does, regardless of the request
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
      else if (isComplete) resolve(bytes.subarray(0, length));
      else reject(new Error('its answer broke off'));
    });
  });

/**
 * Gets the bytes at an `https:` or `http:` URI. A connection that fails is tried once more; both are the same fetch,
 * with the same end.
 *
 * @param signal ends it; then it rejects with the signal's reason once the connection is closed
 * @throws Error with half a sentence about the endpoint, which quotes nothing of its answer
 */
export const getBytes = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  getOnce(uri, signal).catch((error: unknown) => {
    if (error instanceof NoAnswer && error.isRetried) return getOnce(uri, signal);
    throw error;
  });
