// A process with several worker threads, each of which loads the function and is asked several things at once, as
// on Lambda Managed Instances. What it is asked comes from its parent, by thread; standard output is the log's alone.
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [, own, file] = process.argv;

if (isMainThread) {
  process.once('message', async (threads) => {
    const answers = threads.map(
      (invocations) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(own, { workerData: { file, invocations } });
          worker.once('message', resolve).once('error', reject);
        }),
    );
    process.send(await Promise.all(answers), () => process.disconnect());
  });
} else {
  const { handler } = await import(pathToFileURL(workerData.file));
  const ask = ({ event, context }) =>
    handler(event, context).then(
      (result) => ({ result }),
      ({ message }) => ({ message }),
    );
  parentPort.postMessage(await Promise.all(workerData.invocations.map(ask)));
}
