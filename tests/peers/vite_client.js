// SPDX-License-Identifier: GPL-3.0-or-later
// What a browser does with a page of Vite: loads it, its client and its module, then listens on the hot reload's WebSocket.
//   vite_client.js URL    prints "connected", then "update PATH" for each module that changed. Needs Node 20 and ws on NODE_PATH.
const WebSocket = require('ws');
const base = process.argv[2];

(async () => {
  for (const path of ['/', '/main.js']) {
    const response = await fetch(base + path);
    if (!response.ok) throw new Error(path + ' ' + response.status);
    await response.text();
  }
  const client = await (await fetch(base + '/@vite/client')).text();
  const token = /wsToken = "([^"]+)"/.exec(client);
  const url = base.replace('http', 'ws') + '/' + (token ? '?token=' + token[1] : '');
  const socket = new WebSocket(url, 'vite-hmr', {origin: base});
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type === 'connected') console.log('connected');
    if (message.type === 'update') for (const each of message.updates) console.log('update ' + each.path);
  });
  socket.on('error', (error) => console.error(error.message));
})().catch((error) => { console.error(error.message); process.exit(1); });
