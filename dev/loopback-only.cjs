/**
 * Loaded into every Node process of a local run (`node --require`): refuses any connection that leaves this machine. A local
 * run then can't reach a real AWS account, whatever credentials, profiles or endpoints its environment holds.
 */
const { Socket } = require('node:net');

const connect = Socket.prototype.connect;

Socket.prototype.connect = function (...args) {
  const [first, second] = args;
  // Node calls itself with the arguments already normalized into an array.
  const options = Array.isArray(first) ? first[0] : typeof first === 'object' ? first : { port: first, host: second };
  const host = typeof options.host === 'string' ? options.host : 'localhost';
  // A path is that of a local socket.
  if (!options.path && !/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    const error = new Error(`Local runs can only reach this machine: the connection to ${host} was blocked`);
    process.nextTick(() => this.destroy(error));
    return this;
  }
  return connect.apply(this, args);
};
