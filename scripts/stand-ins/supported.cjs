/** Stands in for what jsonwebtoken asks of the running Node (see ../trim.ts). The bundle is built for 20 and up. */
module.exports = true;
