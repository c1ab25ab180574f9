import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// A handler in a process of its own, asked in batches, one request after the other as Lambda asks.
// Arguments: the handler's file, a job (see arena.ts) as JSON in a file, and the file to write the report to.

const [handlerFile, jobFile, reportFile] = process.argv.slice(2);
const { methodArn, batches, jwk } = JSON.parse(readFileSync(jobFile, 'utf8'));
const { handler } = await import(pathToFileURL(handlerFile).href);

async function decide(tokens) {
  const allowed = [];
  const micros = [];
  for (const token of tokens) {
    const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn };
    const start = performance.now();
    const answer = await handler(event, { awsRequestId: 'bench' }).catch(() => undefined);
    micros.push((performance.now() - start) * 1000);
    allowed.push(answer?.policyDocument.Statement[0].Effect === 'Allow');
  }
  return { allowed, micros };
}

/** The same signatures by node:crypto alone, all that can be prepared being prepared. */
function verifyBare(tokens, key) {
  return tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    const signed = Buffer.from(token.slice(0, dot));
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    const start = performance.now();
    const isGenuine = verify('RSA-SHA256', signed, key, signature);
    const micros = (performance.now() - start) * 1000;
    if (!isGenuine) throw new Error('a good token is not good');
    return micros;
  });
}

const key = jwk && createPublicKey({ key: jwk, format: 'jwk' });
const report = [];
for (const tokens of batches) {
  const decided = await decide(tokens);
  report.push({ ...decided, bareMicros: key ? verifyBare(tokens, key) : [] });
}
writeFileSync(reportFile, JSON.stringify(report));
process.exit(); // whatever a peer still waits for
