// SPDX-License-Identifier: GPL-3.0-or-later
// A Node server of things that go on. Prints "ready PORT" once it listens. Needs the package ws on NODE_PATH.
//   /events           one event at once, and one more for each GET of /next; /end ends all
//   ws /echo          what came, back; compressed where the client can
//   ws /plain         the same, never compressed
//   ws /flood?n=N     N messages of 64 KiB as fast as they are taken, then a close 1000
//   ws /close?code=N  closes with this code and the reason "as you wish"
//   ws /garbage       after a good handshake an echo of bytes, whatever they are
//   ws /wrong         answers the handshake with another key's Accept
const crypto = require('crypto');
const http = require('http');
const {WebSocketServer} = require('ws');

const listeners = new Set();
let events = 0;
const event = () => `id: ${++events}\nevent: tick\ndata: {"n":${events}}\n\n`;

const server = http.createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, {'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no'});
    response.write(event());
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
  } else if (request.url === '/next') {
    const one = event();
    for (const each of listeners) each.write(one);
    response.end('sent');
  } else if (request.url === '/end') {
    for (const each of listeners) each.end();
    response.end('ended');
  } else {
    response.end('fine');
  }
});

const compressed = new WebSocketServer({noServer: true, maxPayload: 1 << 28, perMessageDeflate: {threshold: 0}});
const plain = new WebSocketServer({noServer: true, maxPayload: 1 << 28, perMessageDeflate: false});
server.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/wrong') {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      + 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n');
    return;
  }
  if (url.pathname === '/garbage') {
    const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      + 'Sec-WebSocket-Accept: ' + accept.digest('base64') + '\r\n\r\n');
    if (head.length) socket.write(head);
    socket.pipe(socket);
    socket.on('error', () => {});
    return;
  }
  const which = url.pathname === '/echo' ? compressed : plain;
  which.handleUpgrade(request, socket, head, (peer) => {
    peer.on('error', () => {});
    if (url.pathname === '/close') {
      peer.close(Number(url.searchParams.get('code')), 'as you wish');
    } else if (url.pathname === '/flood') {
      const block = Buffer.alloc(65536, 'f');
      let left = Number(url.searchParams.get('n'));
      const more = () => left-- > 0 ? peer.send(block, more) : peer.close(1000);
      more();
    } else {
      peer.on('message', (data, binary) => peer.send(data, {binary}));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
