// asks for the keys when the first request needs them, as most do
export { handler } from './floor-core.mjs';
