// The process of one function: loads the file it is given and answers the events that its parent sends. Plain
// JavaScript, so that the zip's index.mjs runs under nothing but Node. It says what is left with each answer: a
// connection or a timer would be frozen with the process.
import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';

const [file] = process.argv.slice(2);

const describe = (error) =>
  error instanceof Error
    ? { name: error.name, message: error.message, stack: String(error.stack) }
    : { name: typeof error, message: String(error), stack: '' };

const sockets = [];
subscribe('net.client.socket', ({ socket }) => sockets.push(socket));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const before = timers();
const left = () => ({ connections: sockets.filter((socket) => !socket.destroyed).length, timers: timers() - before });

// without a parent there is nobody left to ask; an exit of its own writes the coverage
process.on('disconnect', () => process.exit());

try {
  const exported = await import(pathToFileURL(file));
  const { handler } = exported;
  process.on('message', async ({ event, context: { remaining, ...context } }) => {
    const id = context.awsRequestId;
    if (remaining !== undefined) context.getRemainingTimeInMillis = () => remaining;
    try {
      const result = await handler(event, context);
      process.send({ id, result, left: left() });
    } catch (error) {
      process.send({ id, error: describe(error), left: left() });
    }
  });
  const signature = { type: handler.constructor.name, parameters: handler.length };
  process.send({ loaded: { exports: Object.keys(exported), ...signature, left: left() } });
} catch (error) {
  process.send({ loadError: describe(error) });
}
