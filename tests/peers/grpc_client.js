// SPDX-License-Identifier: GPL-3.0-or-later
// A gRPC client of shop.proto: every kind of call, and prints what came of them as JSON.
//   grpc_client.js HOST:PORT all|one    Needs @grpc/grpc-js and @grpc/proto-loader on NODE_PATH.
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const {shop} = grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, 'shop.proto')));
const [address, what] = process.argv.slice(2);
const client = new shop.Shop(address, grpc.credentials.createInsecure());
const result = {};

const unary = (request, options = {}) => new Promise((resolve) => {
  let tail = '';
  client.Get(request, new grpc.Metadata(), options, (error, item) => {
    // The status with its trailers comes behind the message.
    setImmediate(() => resolve(error ? {code: error.code, details: error.details} : {...item, tail}));
  }).on('status', (status) => { tail = String(status.metadata.get('x-tail')); });
});
const collect = (call) => new Promise((resolve) => {
  const names = [];
  call.on('data', (item) => names.push(item.name));
  call.on('error', (error) => resolve({code: error.code}));
  call.on('end', () => resolve(names));
});

(async () => {
  result.get = await unary({id: 1, name: 'pen', tags: ['a', 'b'], child: {id: 2}});
  if (what === 'all') {
    result.gone = await unary({id: 404});
    result.watch = await collect(client.Watch({id: 1}));
    result.put = await new Promise((resolve) => {
      const call = client.Put((error, item) => resolve(error ? {code: error.code} : item.id));
      for (let i = 0; i < 5; ++i) call.write({id: i, name: 'p' + i});
      call.end();
    });
    const chat = client.Chat();
    let said = 0;
    const next = () => said < 3 ? chat.write({id: said, name: 'n' + said++}) : chat.end();
    chat.on('data', next);
    const answers = collect(chat);
    next();
    result.chat = await answers;
    result.late = await unary({id: 999}, {deadline: Date.now() + 300});
  }
  console.log(JSON.stringify(result));
  process.exit(0);
})();
