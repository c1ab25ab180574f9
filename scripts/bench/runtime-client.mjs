import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// A stand-in for AWS's own Node runtime client where that can't be built: it talks to the same Runtime API, over
// node:http instead of libcurl, and loads the handler the same way.

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env;
const API = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const outgoing = request(`${API}${path}`, { method, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ headers: response.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const explain = (error) => JSON.stringify({ errorType: error?.name, errorMessage: String(error?.stack) });

async function load() {
  const [file, name] = _HANDLER.split('.');
  const module = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.js`)).href);
  return module[name] ?? module.default[name];
}

const handler = await load().catch(async (error) => {
  await call('POST', '/init/error', explain(error));
  throw error;
});

for (;;) {
  const { headers, text } = await call('GET', '/invocation/next');
  const awsRequestId = headers['lambda-runtime-aws-request-id'];
  const [path, body] = await handler(JSON.parse(text), { awsRequestId }).then(
    (answer) => ['response', JSON.stringify(answer)],
    (error) => ['error', explain(error)],
  );
  await call('POST', `/invocation/${awsRequestId}/${path}`, body);
}
