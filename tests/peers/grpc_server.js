// SPDX-License-Identifier: GPL-3.0-or-later
// A gRPC server of shop.proto. Prints "ready PORT" once it listens. Needs @grpc/grpc-js and @grpc/proto-loader on NODE_PATH.
//   Get of 404 is NOT_FOUND, of 999 is never answered
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const {shop} = grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, 'shop.proto')));
const server = new grpc.Server();
server.addService(shop.Shop.service, {
  Get(call, done) {
    if (call.request.id === 404) return done({code: grpc.status.NOT_FOUND, message: 'no such item → 404'});
    if (call.request.id === 999) return;
    const tail = new grpc.Metadata();
    tail.set('x-tail', 'behind the message');
    done(null, {...call.request, name: 'got ' + call.request.name, price: 1.5}, tail);
  },
  Watch(call) {
    for (let i = 1; i <= 3; ++i) call.write({id: i, name: 'w' + i});
    call.end();
  },
  Put(call, done) {
    let count = 0;
    call.on('data', () => ++count);
    call.on('end', () => done(null, {id: count, name: 'put'}));
  },
  Chat(call) {
    call.on('data', (item) => call.write({id: item.id, name: 're ' + item.name}));
    call.on('end', () => call.end());
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log('ready ' + port);
});
