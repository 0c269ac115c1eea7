/**
 * Loaded into every Node process of a local run (`node --require`). Blocks all connections that leave this machine, so a local run
 * cannot reach a real AWS account, whatever credentials, profiles or endpoints its environment has.
 */
const { Socket } = require('node:net');

const connect = Socket.prototype.connect;

Socket.prototype.connect = function (...args) {
  const [first, second] = args;
  // Node calls itself with the arguments already normalized into an array.
  const options = Array.isArray(first) ? first[0] : typeof first === 'object' ? first : { port: first, host: second };
  const host = typeof options.host === 'string' ? options.host : 'localhost';
  // A path is a local socket.
  if (!options.path && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    const error = new Error(`Local runs can only reach this machine: the connection to ${host} was blocked`);
    process.nextTick(() => this.destroy(error));
    return this;
  }
  return connect.apply(this, args);
};
