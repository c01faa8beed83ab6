// SPDX-License-Identifier: GPL-3.0-or-later
// A Node server of HTTP/2 in clear, and of HTTP/1.1 beside it for WebSockets. Prints "ready PORT PORT1" once both listen.
//   /headers       what came, as JSON: [name, value] pairs, pseudo-header fields included
//   /echo          the body back
//   /upload        size and SHA-256 of the body, as JSON
//   /bytes?n=N     N bytes of the pattern of tests/peers/peers.h
//   /trailers      "hi" and a trailer; the request's trailers as its value
//   /early         103, then 200
//   /204
//   /refuse-once   REFUSED_STREAM the first time
//   /reset         a reset within the answer
//   /leave         an answer, and GOAWAY behind it
//   /sessions      how many connections there were
// A WebSocket (extended CONNECT here, Upgrade there) is an echo of bytes.
const http = require('http');
const http2 = require('http2');
const crypto = require('crypto');

function pattern(n) {
  const out = Buffer.alloc(n);
  for (let i = 0; i < n; ++i) out[i] = 97 + (i * 7 + Math.floor(i / 977)) % 26;
  return out;
}

let sessions = 0;
let refused = false;
const most = Number(process.argv[2] || 100);
const server = http2.createServer({settings: {enableConnectProtocol: true, maxConcurrentStreams: most}});
server.on('session', (session) => { ++sessions; session.on('error', () => {}); });
server.on('stream', (stream, headers, flags, raw) => {
  stream.on('error', () => {});
  const url = new URL(headers[':path'], 'http://x');
  if (headers[':method'] === 'CONNECT') {
    stream.respond({':status': 200});
    stream.pipe(stream);
  } else if (url.pathname === '/headers') {
    const pairs = [];
    for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i], raw[i + 1]]);
    stream.respond({':status': 200, 'content-type': 'application/json'});
    stream.end(JSON.stringify({headers: pairs}));
  } else if (url.pathname === '/echo') {
    stream.respond({':status': 200});
    stream.pipe(stream);
  } else if (url.pathname === '/upload') {
    const hash = crypto.createHash('sha256');
    let size = 0;
    stream.on('data', (piece) => { size += piece.length; hash.update(piece); });
    stream.on('end', () => { stream.respond({':status': 200}); stream.end(JSON.stringify({size, sha256: hash.digest('hex')})); });
  } else if (url.pathname === '/bytes') {
    const body = pattern(Number(url.searchParams.get('n')));
    stream.respond({':status': 200, 'content-length': body.length});
    if (headers[':method'] === 'HEAD') return stream.end();
    stream.end(body);
  } else if (url.pathname === '/trailers') {
    let got = '';
    stream.on('trailers', (trailers) => { got = trailers['x-up'] || ''; });
    stream.resume();
    stream.on('end', () => {
      stream.respond({':status': 200}, {waitForTrailers: true});
      stream.on('wantTrailers', () => stream.sendTrailers({'x-down': 'it said ' + got}));
      stream.end('hi');
    });
  } else if (url.pathname === '/early') {
    stream.additionalHeaders({':status': 103, link: '</style.css>; rel=preload'});
    stream.respond({':status': 200});
    stream.end('late');
  } else if (url.pathname === '/204') {
    stream.respond({':status': 204});
    stream.end();
  } else if (url.pathname === '/refuse-once' && !refused) {
    refused = true;
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
  } else if (url.pathname === '/reset') {
    stream.respond({':status': 200});
    stream.write('some', () => stream.destroy(new Error('broken')));
  } else if (url.pathname === '/leave') {
    stream.respond({':status': 200});
    stream.end('bye');
    stream.session.close();
  } else if (url.pathname === '/sessions') {
    stream.respond({':status': 200});
    stream.end(String(sessions));
  } else {
    stream.respond({':status': 200});
    stream.end('here');
  }
});

const old = http.createServer((request, response) => response.end('HTTP/1.1'));
old.on('upgrade', (request, socket) => {
  const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ' + accept + '\r\n\r\n');
  socket.pipe(socket);
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => old.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port + ' ' + old.address().port)));
