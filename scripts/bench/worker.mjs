import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// A handler in a process of its own, which decides one request after the other, as Lambda asks.
// Arguments: the handler's file, a job (see arena.ts) as JSON in a file, and the file to write the report to.

const [handlerFile, jobFile, reportFile] = process.argv.slice(2);
const { events, jwk } = JSON.parse(readFileSync(jobFile, 'utf8'));
const { handler } = await import(pathToFileURL(handlerFile).href);
const key = createPublicKey({ key: jwk, format: 'jwk' });

/** Verifies the same signature by node:crypto alone, all that can be prepared being prepared. @returns microseconds */
function verifyBare({ authorizationToken }) {
  const [, signed, signature] = /^Bearer (.*)\.(.*)$/.exec(authorizationToken);
  const [bytes, signatureBytes] = [Buffer.from(signed), Buffer.from(signature, 'base64url')];
  const start = performance.now();
  verify('RSA-SHA256', bytes, key, signatureBytes);
  return (performance.now() - start) * 1000;
}

const report = [];
for (const event of events) {
  const start = performance.now();
  const answer = await handler(event, { awsRequestId: 'bench' }).catch(() => undefined);
  const micros = (performance.now() - start) * 1000;
  const isAllowed = answer?.policyDocument.Statement[0].Effect === 'Allow';
  report.push({ isAllowed, micros, bareMicros: verifyBare(event) });
}
writeFileSync(reportFile, JSON.stringify(report));
process.exit(); // whatever a peer still waits for
