// The process of one function: loads the file it is given and answers the events that its parent sends. Plain
// JavaScript, so that the zip's index.mjs runs under nothing but Node.
import { pathToFileURL } from 'node:url';

const [file] = process.argv.slice(2);

const describe = (error) =>
  error instanceof Error
    ? { name: error.name, message: error.message, stack: String(error.stack) }
    : { name: typeof error, message: String(error), stack: '' };

// without a parent there is nobody left to ask; an exit of its own writes the coverage
process.on('disconnect', () => process.exit());

try {
  const exported = await import(pathToFileURL(file));
  const { handler } = exported;
  process.on('message', async ({ event, context }) => {
    const id = context.awsRequestId;
    try {
      process.send({ id, result: await handler(event, context) });
    } catch (error) {
      process.send({ id, error: describe(error) });
    }
  });
  process.send({
    exports: Object.keys(exported),
    handler: { type: handler?.constructor?.name, parameters: handler?.length },
  });
} catch (error) {
  process.send({ loadError: describe(error) });
}
