// SPDX-License-Identifier: GPL-3.0-or-later
// An upstream of the soak: upstream.js PORT. What it does stands in the path.
//   /ok /slow /big /chunked    answers: at once, late, 300 kB with a length, many pieces without one
//   /events                    an event stream of ten, over 300 ms
//   /echo                      the content back
//   /early                     413 without reading the content
//   /reset /cut /half /hang    no answer but a reset; half an answer; half a head; nothing at all
const http = require('http');

const big = Buffer.alloc(300000, 'x');

function answer(request, response) {
  const path = request.url.split('?')[0];
  request.on('error', () => {});
  response.on('error', () => {});
  if (path === '/echo') {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => response.end(Buffer.concat(pieces)));
    return;
  }
  if (path === '/early') {
    response.writeHead(413, {'Content-Length': 4, Connection: 'close'});
    response.end('much');
    return;
  }
  request.resume();
  if (path === '/slow') {
    setTimeout(() => response.end('slow'), 300);
  } else if (path === '/big') {
    response.end(big);
  } else if (path === '/chunked') {
    let left = 20;
    const next = () => { if (left-- > 0) { response.write('piece ' + left); setTimeout(next, 5); } else response.end(); };
    next();
  } else if (path === '/events') {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    let left = 10;
    const next = () => { if (left-- > 0) { response.write('data: ' + left + '\n\n'); setTimeout(next, 30); } else response.end(); };
    next();
  } else if (path === '/reset') {
    request.socket.resetAndDestroy();
  } else if (path === '/cut') {
    response.writeHead(200, {'Content-Length': 100});
    response.write('half', () => request.socket.destroy());
  } else if (path === '/half') {
    request.socket.end('HTTP/1.1 200 OK\r\nContent-Le');
  } else if (path !== '/hang') {
    response.end('ok');
  }
}

const server = http.createServer(answer);
server.on('clientError', (error, socket) => socket.destroy());
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
