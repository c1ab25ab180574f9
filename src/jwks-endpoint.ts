import { get as getOverHttp } from 'node:http';
import { get as getOverHttps } from 'node:https';
import { JwksClient } from 'jwks-rsa';

/** No JWK Set comes near it; an endpoint gone wild does. */
const MAX_BYTES = 1024 * 1024;

/** Milliseconds: an answer that comes this soon is not kept waiting by anything else. */
const QUICK = 5;

/**
 * One GET: the answer's JSON, or an error whose message is fit for the log (it quotes nothing of the answer).
 * Bounded in time from the connection to the last byte, in size, and to this one address: no redirects.
 */
const getJson = (uri: string, timeout: number, whileWaiting: () => void): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const get = new URL(uri).protocol === 'https:' ? getOverHttps : getOverHttp;
    let waiting: NodeJS.Timeout | undefined;
    // no agent: a connection kept open would be dead after the next freeze of the execution environment
    const request = get(uri, { agent: false, headers: { accept: 'application/json' } }, (response) => {
      clearTimeout(waiting);
      response.on('error', () => fail('its answer broke off'));
      if (response.statusCode !== 200) return fail(`it answered with status ${response.statusCode}, not 200`);
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) fail(`its answer is longer than ${MAX_BYTES} bytes`);
        else chunks.push(chunk);
      });
      response.on('end', () => {
        clearTimeout(timer);
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch {
          // not the parser's own message, which quotes the text
          reject(new Error('its answer is not JSON'));
        }
      });
    });
    // Not the option `timeout`, which only counts idle time.
    const timer = setTimeout(() => fail(`it did not answer in ${timeout / 1000} s`), timeout);
    function fail(why: string) {
      clearTimeout(timer);
      clearTimeout(waiting);
      reject(new Error(why));
      request.destroy();
    }
    request.on('finish', () => {
      waiting = setTimeout(whileWaiting, QUICK);
    });
    request.on('upgrade', () => fail('it answered with status 101, not 200'));
    request.on('error', ({ message, code }: NodeJS.ErrnoException) => {
      fail((message || String(code)).replace(/\s+/g, ' ').trim()); // OpenSSL's end in a line feed
    });
  });

/**
 * Asks a JWKS endpoint for its keys.
 *
 * @param jwksUri the endpoint: `https:`, or `http:` on this machine
 * @param timeout milliseconds, connection to last byte
 * @param whileWaiting is called once the request is out and the answer takes its time
 * @returns the member `keys` of the JWK Set as published
 * @throws Error with a sentence about the endpoint, whatever went wrong
 */
export async function fetchJwks(
  jwksUri: string,
  timeout: number,
  whileWaiting: () => void = () => undefined,
): Promise<readonly unknown[]> {
  const fetcher = async (uri: string) => {
    const jwks = await getJson(uri, timeout, whileWaiting);
    if (typeof jwks !== 'object' || jwks === null || !('keys' in jwks) || !Array.isArray(jwks.keys)) {
      throw new Error('its answer is no JWK Set: no array "keys" in it');
    }
    return { keys: jwks.keys };
  };
  // jwks-rsa's own cache and rate limit are off: key-source.ts keeps what they can't
  const client = new JwksClient({ jwksUri, cache: false, rateLimit: false, fetcher });
  return (await client.getKeys()) as readonly unknown[];
}
