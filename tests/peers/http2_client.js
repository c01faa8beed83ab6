// SPDX-License-Identifier: GPL-3.0-or-later
// A Node client of HTTP/2: node http2_client.js PORT WHAT [ARGUMENT]. Prints what came.
//   websocket PATH   an extended CONNECT (RFC 8441); sends "one", then 1 MiB, checks the echo, ends
//   trailers PATH    a POST with trailers; the answer's body and trailers
const http2 = require('http2');

const [port, what, path] = process.argv.slice(2);
const session = http2.connect('http://127.0.0.1:' + port);
session.on('error', (e) => { console.log('session ' + e.message); process.exit(1); });
const fail = (why) => { console.log(why); process.exit(1); };
setTimeout(() => fail('too slow'), 30000).unref();

function websocket() {
  const stream = session.request({':method': 'CONNECT', ':protocol': 'websocket', ':path': path, 'sec-websocket-version': '13'});
  stream.on('error', (e) => fail('stream ' + e.message));
  stream.on('response', (headers) => {
    console.log('status ' + headers[':status'] + ' ' + ('sec-websocket-accept' in headers) + ' ' + ('upgrade' in headers));
    if (headers[':status'] !== 200) return session.destroy();
    stream.write('one');
  });
  const large = Buffer.alloc(1 << 20, 'w');
  let got = Buffer.alloc(0);
  stream.on('data', (piece) => {
    got = Buffer.concat([got, piece]);
    if (got.length === 3) { console.log(got.toString()); stream.end(large); }
  });
  stream.on('end', () => {
    console.log(got.length === 3 + large.length && got.subarray(3).equals(large) ? 'echoed' : 'lost: ' + got.length);
    session.close();
  });
}

function trailers() {
  const stream = session.request({':method': 'POST', ':path': path}, {waitForTrailers: true});
  stream.on('wantTrailers', () => stream.sendTrailers({'x-up': 'up'}));
  let body = '';
  stream.on('data', (piece) => { body += piece; });
  stream.on('trailers', (headers) => console.log('trailers ' + JSON.stringify(headers)));
  stream.on('end', () => { console.log('body ' + body); session.close(); });
  stream.end('content');
}

session.on('remoteSettings', () => ({websocket, trailers})[what]());
