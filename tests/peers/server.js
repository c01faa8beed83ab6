// SPDX-License-Identifier: GPL-3.0-or-later
// An ordinary Node server. Prints "ready PORT" once it listens.
//   /headers       what came, as JSON: method, url, headers as pairs
//   /echo          the body back, framed as it came
//   /bytes?n=N     N bytes of the pattern of tests/peers/peers.h; chunked=1: without a length
//   /upload        size and SHA-256 of the body, as JSON
//   /slow?ms=N     "slow" after N milliseconds
//   Upgrade: raw   an echo of bytes
const http = require('http');
const crypto = require('crypto');

function pattern(n) {
  const out = Buffer.alloc(n);
  for (let i = 0; i < n; ++i) out[i] = 97 + (i * 7 + Math.floor(i / 977)) % 26;
  return out;
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/headers') {
    const pairs = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) pairs.push([request.rawHeaders[i], request.rawHeaders[i + 1]]);
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('X-Hop-Test', '1');
    response.end(JSON.stringify({method: request.method, url: request.url, headers: pairs, port: request.socket.remotePort}));
  } else if (url.pathname === '/echo') {
    if (request.headers['content-length']) response.setHeader('Content-Length', request.headers['content-length']);
    request.pipe(response);
  } else if (url.pathname === '/bytes') {
    const body = pattern(Number(url.searchParams.get('n')));
    if (!url.searchParams.get('chunked')) response.setHeader('Content-Length', body.length);
    if (request.method === 'HEAD') return response.end();
    for (let at = 0; at < body.length; at += 65536) response.write(body.subarray(at, at + 65536));
    response.end();
  } else if (url.pathname === '/upload') {
    const hash = crypto.createHash('sha256');
    let size = 0;
    request.on('data', (piece) => { size += piece.length; hash.update(piece); });
    request.on('end', () => response.end(JSON.stringify({size, sha256: hash.digest('hex')})));
  } else if (url.pathname === '/slow') {
    setTimeout(() => response.end('slow'), Number(url.searchParams.get('ms')));
  } else {
    response.statusCode = 404;
    response.end('no such page here\n');
  }
});
server.on('upgrade', (request, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n');
  if (head.length) socket.write(head);
  socket.pipe(socket);
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
