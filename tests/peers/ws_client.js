// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket client that does one thing and prints what came of it as JSON. Needs the package ws on NODE_PATH.
//   ws_client.js URL talk     text, binary, fragments and a ping, then closes with 4001
//   ws_client.js URL drain    counts bytes until the server closes; SLOW=1: with a pause every 64 messages
//   ws_client.js URL stay     says hello, prints "open", and stays
const WebSocket = require('ws');
const [url, what] = process.argv.slice(2);
const peer = new WebSocket(url, {perMessageDeflate: {threshold: 0}, maxPayload: 1 << 28});
const result = {extensions: '', messages: [], bytes: 0, pong: ''};

const print = (more) => console.log(JSON.stringify({...result, ...more}));
peer.on('unexpected-response', (request, response) => { print({status: response.statusCode}); process.exit(0); });
peer.on('error', (error) => { print({error: error.message}); process.exit(0); });
peer.on('close', (code, reason) => print({code, reason: reason.toString()}));
peer.on('pong', (data) => { result.pong = data.toString(); });
peer.on('open', () => {
  result.extensions = peer.extensions;
  if (what === 'stay') peer.send('hello', () => console.log('open'));
  if (what !== 'talk') return;
  peer.send('{"hello":"' + 'world '.repeat(100) + '"}');
  peer.send(Buffer.from([0, 1, 2, 255]));
  peer.send('in ', {fin: false, compress: false});
  peer.send('three ', {fin: false, compress: false});
  peer.send('frames', {fin: true, compress: false});
  peer.send('b'.repeat(3000000));
  peer.ping('still there?');
  peer.send('last');
});
peer.on('message', (data, binary) => {
  result.bytes += data.length;
  if (what === 'talk') {
    result.messages.push(binary ? data.toString('hex') : data.length > 100 ? data.length : data.toString());
    if (!binary && data.toString() === 'last') peer.close(4001, 'that was all');
  } else if (what === 'drain') {
    result.messages.push(0);
    if (process.env.SLOW && result.messages.length % 64 === 0) {
      peer.pause();
      setTimeout(() => peer.resume(), 20);
    }
  }
});
