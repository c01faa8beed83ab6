// SPDX-License-Identifier: GPL-3.0-or-later
// An https server: node tls_server.js CERTIFICATE KEY [CLIENT_CA]. Says "ready PORT". Tells of each request: who the client is by
// its certificate, whether the TLS session was resumed, how much content came.
'use strict';
const https = require('https');
const fs = require('fs');
const [certificate, key, ca] = process.argv.slice(2);
const options = {cert: fs.readFileSync(certificate), key: fs.readFileSync(key)};
if (ca)
    Object.assign(options, {ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true});
const server = https.createServer(options, (request, response) => {
    const told = {url: request.url, resumed: request.socket.isSessionReused(), name: request.socket.servername || null,
                  client: (request.socket.getPeerCertificate() || {}).subject || null, bytes: 0};
    request.on('data', chunk => { told.bytes += chunk.length; });
    request.on('end', () => {
        if (request.url.startsWith('/close'))
            response.setHeader('Connection', 'close');
        response.end(JSON.stringify(told));
    });
});
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
