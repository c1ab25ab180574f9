/** Stands in for debug in the bundle (see ../trim.ts): a logger that says nothing. */
module.exports = () => () => {};
