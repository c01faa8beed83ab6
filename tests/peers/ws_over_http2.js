// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket over HTTP/2 (RFC 8441): ws_over_http2.js BASE PATH TEXT says TEXT and prints the text that comes back.
const http2 = require('http2');
const [base, path, text] = process.argv.slice(2);

const session = http2.connect(base);
session.on('error', (error) => { console.error(error.message); process.exit(1); });
session.on('remoteSettings', (settings) => {
  if (!settings.enableConnectProtocol) { console.error('no extended CONNECT'); process.exit(1); }
  const stream = session.request({':method': 'CONNECT', ':protocol': 'websocket', ':path': path, ':scheme': 'http',
    ':authority': new URL(base).host, 'sec-websocket-version': '13'});
  stream.on('response', (headers) => {
    if (headers[':status'] !== 200) { console.error(headers[':status']); process.exit(1); }
    const key = Buffer.from([1, 2, 3, 4]), payload = Buffer.from(text);
    stream.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), key, payload.map((byte, i) => byte ^ key[i & 3])]));
  });
  let came = Buffer.alloc(0);
  stream.on('data', (bytes) => {
    came = Buffer.concat([came, bytes]);
    if (came.length < 2 + payloadLength()) return;
    console.log(came.subarray(2).toString());
    stream.close();
    session.close();
  });
  const payloadLength = () => came.length > 1 ? came[1] : Infinity;
});
