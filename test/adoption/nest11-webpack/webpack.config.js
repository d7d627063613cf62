// One file for the container: everything but native code.
module.exports = (options) => ({
  ...options,
  externals: { 'better-sqlite3': 'commonjs better-sqlite3' },
});
