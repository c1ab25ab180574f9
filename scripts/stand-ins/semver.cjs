/** What jsonwebtoken asks of the running Node. The bundle is built for 20 and up (see ../bundle.ts): always yes. */
const OLD = ['^6.12.0 || >=8.0.0', '>=15.7.0', '>=16.9.0'];

/** Stands in for semver in the bundle (see ../trim.ts), for the questions that are known. */
exports.satisfies = (_version, range) => {
  if (OLD.includes(range)) return true;
  throw new Error(`semver was left out of the bundle: what is ${range}?`);
};
