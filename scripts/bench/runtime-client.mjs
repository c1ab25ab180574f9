import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// A stand-in for AWS's own Node runtime client where that can't be built: it talks to the same Runtime API, over
// node:http instead of libcurl, and imports the handler as that does.

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env;
const API = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${API}${path}`, { method, agent }, async (response) => {
      resolve({ headers: response.headers, body: await text(response) });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const [file, name] = _HANDLER.split('.');
const { [name]: handler } = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href);

for (;;) {
  const { headers, body } = await call('GET', '/invocation/next');
  const awsRequestId = headers['lambda-runtime-aws-request-id'];
  const getRemainingTimeInMillis = () => headers['lambda-runtime-deadline-ms'] - Date.now();
  const [path, answer] = await handler(JSON.parse(body), { awsRequestId, getRemainingTimeInMillis }).then(
    (result) => ['response', result],
    (error) => ['error', { errorType: error?.name, errorMessage: String(error?.stack) }],
  );
  await call('POST', `/invocation/${awsRequestId}/${path}`, JSON.stringify(answer));
}
