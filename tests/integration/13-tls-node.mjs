// Node's WebSocket client over TLS.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Client, Server, within } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'nexus-tls-'));
const file = join(folder, 'server.pem');
const server = new Server();

before(async () => {
  // Certificate and key in one file: tls.key is left empty.
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=x',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', file,
    '-out', `${file}.part`], { stdio: 'ignore' });
  execFileSync('sh', ['-c', `cat ${file}.part >> ${file}`]);
  await server.start(
      ['listen.port=-1', 'listen.tls_port=0', `tls.certificate=${file}`]);
});

after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a room over TLS', async () => {
  const url = (user) =>
    `wss://localhost:${server.port}/ws?user_id=${user}&token=t`;
  const ca = readFileSync(`${file}.part`);
  const clients = ['alice', 'bob'].map((user) => new Client(url(user), { ca }));
  for (const client of clients) {
    await client.expect('system.message');
    client.send({ event_type: 'room.join', room_id: 'r' });
    await client.expect('room.join', { room_id: 'r' });
  }
  clients[0].send(
      { event_type: 'room.broadcast', room_id: 'r', text: 'é'.repeat(20000) });
  for (const client of clients) {
    const event = await client.expect('room.broadcast');
    assert.equal(event.text.length, 20000);
    client.socket.close(1000);
    const [code] = await within(client.closed, () => 'close');
    assert.equal(code, 1000);
  }
});
