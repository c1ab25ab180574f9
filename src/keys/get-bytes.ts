import { get as getOverHttp } from 'node:http';
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
const RETRIED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN']);

/** Content codings (RFC 9110, 8.4.1). Object stores write other things into that header, over plain JSON. */
const COMPRESSION = /(?:^|,)\s*(gzip|x-gzip|deflate|compress|br|zstd)\s*(?:,|$)/i;

/** One GET, without redirects, bounded in size; settles once its connection is closed. */
const getOnce = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { protocol, hostname } = new URL(uri);
    const get = protocol === 'https:' ? getOverHttps : getOverHttp;
    const options = { ...OPTIONS, ...(hostname.endsWith('.localhost') && { lookup }), signal };
    // one buffer: a small piece is a Buffer of its own, which takes some 400 bytes for one
    const bytes = Buffer.allocUnsafeSlow(MAX_BYTES + 1);
    let length = 0;
    let failure: Error | undefined;
    let isComplete = false;
    const fail = (message: string, cause?: string) => {
      failure ??= new Error(message, { cause });
      request.destroy();
    };
    const request = get(uri, options, (response) => {
      const { statusCode, headers, socket } = response;
      response.on('error', () => fail('its answer broke off'));
      if (statusCode !== 200) return fail(`it answered with status ${statusCode}, not 200`);
      const [, coding] = COMPRESSION.exec(headers['content-encoding'] ?? '') ?? [];
      if (coding) return fail(`its answer is compressed (${coding.toLowerCase()}), which was not asked for`);
      response.on('data', (piece: Buffer) => {
        length += piece.copy(bytes, length);
        if (length > MAX_BYTES) fail(`its answer is longer than ${MAX_BYTES} bytes`);
      });
      response.on('end', () => {
        isComplete = true;
        socket.destroy(); // the agent would keep it if the server does, regardless of the request
      });
    });
    request.on('upgrade', (_response, socket) => {
      fail('it answered with status 101, not 200');
      socket.destroy();
    });
    request.on('error', ({ message, code = '' }: NodeJS.ErrnoException) => {
      fail((message || code).replace(/\s+/g, ' ').trim(), code); // OpenSSL's messages end in a line feed
    });
    request.on('close', () => {
      if (signal.aborted) reject(signal.reason);
      else if (isComplete && !failure) resolve(bytes.subarray(0, length));
      else reject(failure ?? new Error('its answer broke off'));
    });
  });

/**
 * Gets the bytes at an `https:` or `http:` URI; see `fetchJwks` for the signal and the errors. A connection that fails
 * is tried once more; both are the same fetch, with the same end.
 */
export const getBytes = (uri: string, signal: AbortSignal): Promise<Buffer> =>
  getOnce(uri, signal).catch((error: unknown) => {
    if (error instanceof Error && RETRIED.has(error.cause)) return getOnce(uri, signal);
    throw error;
  });
