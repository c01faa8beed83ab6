// SPDX-License-Identifier: GPL-3.0-or-later
// A Node server that tells on its standard output all that reaches it, one JSON object a line: {"begun": id} when a head
// is there, {"id", "method", "url", "headers", "trailers", "body"} when its content is whole, {"malformed": why} for what it
// cannot read. The id is X-Request-ID. Prints "ready PORT" once it listens.
const http = require('http');

const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');

function answer(request, response) {
  const id = request.headers['x-request-id'] || '';
  tell({begun: id});
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('error', () => {});
  request.on('end', () => {
    tell({id, method: request.method, url: request.url, headers: request.rawHeaders, trailers: request.rawTrailers,
          body: Buffer.concat(pieces).toString('latin1')});
    response.end('node\n');
  });
}

const server = http.createServer({maxHeaderSize: 1 << 18}, answer);
server.maxHeadersCount = 0;
server.keepAliveTimeout = 0;
server.on('checkContinue', (request, response) => { response.writeContinue(); answer(request, response); });
server.on('checkExpectation', answer);
server.on('clientError', (error, socket) => {
  if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') tell({malformed: error.code});
  socket.destroy();
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
