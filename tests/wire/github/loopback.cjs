'use strict';
// The emulator listens on every interface; this keeps it on this machine. Preloaded with `node --require`.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function loopbackOnly(first, ...rest) {
  if (typeof first === 'number' || typeof first === 'string') {
    return listen.call(this, { port: Number(first), host: '127.0.0.1' }, ...rest.filter((x) => typeof x === 'function'));
  }
  return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
};
