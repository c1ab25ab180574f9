import { workerData as state } from 'node:worker_threads';

// Stops and continues a process by turns, on a thread of its own: the parent's main thread has servers to run.

const PERIOD = 20; // milliseconds
/** Where in the state there is how often the parent has called, the process (0: none), its share in millionths. */
const [CALLS, PID, SHARE] = [0, 1, 2];

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended in the meantime
  }
}

for (;;) {
  const calls = Atomics.load(state, CALLS);
  const wait = (milliseconds) => Atomics.wait(state, CALLS, calls, milliseconds);
  const [pid, share] = [Atomics.load(state, PID), Atomics.load(state, SHARE) / 1e6];
  if (pid === 0) {
    wait();
    continue;
  }
  const start = performance.now();
  signal(pid, 'SIGCONT');
  if (wait(PERIOD * share) !== 'timed-out') continue;
  signal(pid, 'SIGSTOP');
  wait((performance.now() - start) * (1 / share - 1)); // what it ran for too long is taken back
}
