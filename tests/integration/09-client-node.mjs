// The seed's events, sent by Node's most used WebSocket client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { Client, Server, WebSocket, seed, within } from './harness.mjs';

const server = new Server();
before(() => server.start());
after(() => server.stop());

async function close(...clients) {
  for (const client of clients) {
    client.socket.close(1000);
    const [code] = await within(client.closed, () => 'close');
    assert.equal(code, 1000);
  }
}

// Everything in seed/events.js, as it is written there.
async function sendSeedEvents(client) {
  new Function('ws', await seed('events.js'))(client.socket);
}

test('events of the seed are echoed to their sender', async () => {
  const client = await Client.connect(server, 'user123');
  await sendSeedEvents(client);
  const message = await client.expect('chat.message');
  assert.equal(message.content, 'Hello everyone!');
  assert.equal(message.conversation_id, 'conv_123');
  assert.deepEqual(message.mentions, ['user456']);
  assert.deepEqual(message.attachments, []);
  assert.equal(message.user_id, 'user123');
  const joined = await client.expect('room.join');
  assert.equal(joined.room_id, 'room_general');
  assert.deepEqual(joined.members, { count: 1, users: ['user123'] });
  await close(client);
});

test('events of the seed reach the others', async () => {
  const other = await Client.connect(server, 'user456');
  other.send({ event_type: 'chat.join', conversation_id: 'conv_123' });
  other.send({ event_type: 'room.join', room_id: 'room_general' });
  await other.expect('chat.join');
  await other.expect('room.join');
  const client = await Client.connect(server, 'user123');
  await sendSeedEvents(client);
  const joined = await other.expect('room.join', { user_id: 'user123' });
  assert.equal(joined.username, 'John Doe');
  await close(client);
  await other.expect('room.leave', { user_id: 'user123' });
  await close(other);
});

test('typing is told with its name', async () => {
  const other = await Client.connect(server, 'user456');
  other.send({ event_type: 'chat.join', conversation_id: 'conv_123' });
  await other.expect('chat.join');
  const client = await Client.connect(server, 'user123');
  await sendSeedEvents(client);
  const typing = await other.expect('chat.typing', { is_typing: true });
  assert.equal(typing.username, 'John Doe');
  assert.equal(typing.user_id, 'user123');
  await close(client);
  await other.expect('chat.typing', { is_typing: false });
  await close(other);
});

test('events that no plugin serves are errors, and no more', async () => {
  const client = await Client.connect(server, 'user123');
  client.send({ event_type: 'nobody.home', ref: '1' });
  const error = await client.expect('error', { ref: '1' });
  assert.equal(error.code, 'unknown_event');
  assert.equal(error.in_reply_to, 'nobody.home');
  client.send({ event_type: 'ping', n: 1 });
  await client.expect('pong', { n: 1 });
  await close(client);
});

test('pings are answered on both levels', async () => {
  const client = await Client.connect(server, 'alice');
  const pong = once(client.socket, 'pong');
  client.socket.ping('payload');
  const [payload] = await within(pong, () => 'pong');
  assert.equal(payload.toString(), 'payload');
  client.send({ event_type: 'ping', n: 7, ref: 'r' });
  const answer = await client.expect('pong');
  assert.equal(answer.n, 7);
  assert.equal(answer.ref, 'r');
  assert.match(answer.server_time, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
  await close(client);
});

test('payloads of pings need not be text', async () => {
  const client = await Client.connect(server, 'alice');
  client.send({ event_type: 'ping' });
  await client.expect('pong');
  const pong = once(client.socket, 'pong');
  client.socket.ping(Buffer.from([0xff, 0xfe, 0x80, 0]));
  const [payload] = await within(pong, () => 'pong');
  assert.deepEqual([...payload], [0xff, 0xfe, 0x80, 0]);
  client.send({ event_type: 'ping', n: 2 });
  await client.expect('pong', { n: 2 });
  await close(client);
});

test('requests with a ref have one answer', async () => {
  const client = await Client.connect(server, 'alice');
  client.send({ event_type: 'chat.message', conversation_id: 'c',
    content: 'x', ref: 'first' });
  const ack = await client.expect('ack', { ref: 'first' });
  assert.equal(ack.seq, 1);
  client.send({ event_type: 'chat.message', ref: 'second' });
  const error = await client.expect('error', { ref: 'second' });
  assert.equal(error.code, 'missing_field');
  await close(client);
});

test('long messages in pieces and with compression offered', async () => {
  const client = new Client(server.url('alice'), {
    perMessageDeflate: true });
  await client.expect('system.message');
  const content = 'é'.repeat(8000);
  const text = JSON.stringify({ event_type: 'chat.message',
    conversation_id: 'long', content });
  for (let i = 0; i < text.length; i += 1000) {
    client.socket.send(text.slice(i, i + 1000),
        { fin: i + 1000 >= text.length });
  }
  const message = await client.expect('chat.message');
  assert.equal(message.content, content);
  await close(client);
});

test('binary messages are refused with a reason', async () => {
  const client = await Client.connect(server, 'alice');
  client.socket.send(Buffer.from('{"event_type":"ping"}'));
  await client.expect('error');
  const [code, reason] = await within(client.closed, () => 'close');
  assert.equal(code, 1003);
  assert.equal(reason.toString(), 'unsupported_data');
});

test('refusals before the upgrade have a status', async () => {
  const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}/elsewhere?user_id=alice`);
  const [, response] = await within(
      once(socket, 'unexpected-response'), () => 'response');
  assert.equal(response.statusCode, 404);
  assert.equal(response.headers['content-type'], 'application/problem+json');
  response.resume();
});
