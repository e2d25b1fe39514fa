// permessage-deflate with Node's most used WebSocket client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { Client, Server, within } from './harness.mjs';

const server = new Server();
before(() => server.start(['deflate.enabled=true',
  'limits.messages_per_second=0', 'limits.bytes_per_second=0']));
after(() => server.stop());

// threshold 0: it compresses all it sends.
async function connect(user, options = { threshold: 0 }) {
  const client = new Client(server.url(user), { perMessageDeflate: options });
  client.welcome = await client.expect('system.message');
  return client;
}

async function join(...clients) {
  for (const client of clients) {
    client.send({ event_type: 'room.join', room_id: 'r', ref: 'join' });
    await client.expect('ack', { ref: 'join' });
  }
}

async function close(...clients) {
  for (const client of clients) {
    client.socket.close(1000);
    const [code] = await within(client.closed, () => 'close');
    assert.equal(code, 1000);
  }
}

test('the agreement bounds both sides', async () => {
  for (const offered of [true, false]) {
    const client = new Client(
        server.url('alice'), { perMessageDeflate: offered });
    const [answer] = await within(
        once(client.socket, 'upgrade'), () => 'answer');
    assert.equal(answer.headers['sec-websocket-extensions'],
        offered ? 'permessage-deflate; server_no_context_takeover; '
            + 'client_no_context_takeover' : undefined);
    await client.expect('system.message');
    await close(client);
  }
});

test('thousands of mixed frames arrive in order', async () => {
  const sender = await connect('alice');
  const plain = await connect('bob', false);
  await join(sender, plain);
  const count = 3000;
  const text = (n) => (n % 3 ? 'again and again é€😀 ' : `${n}`)
      .repeat(n % 97);
  for (let n = 0; n < count; n++) {
    sender.send({ event_type: 'room.broadcast', room_id: 'r', n,
      text: text(n) });
  }
  for (const client of [sender, plain]) {
    for (let n = 0; n < count; n++) {
      const event = await client.expect('room.broadcast');
      assert.equal(event.n, n);
      assert.equal(event.text, text(n));
    }
  }
  await close(sender, plain);
});

test('compressed messages may come in pieces', async () => {
  const client = await connect('alice');
  await join(client);
  for (const size of [10, 1000, 8000]) {
    const content = 'é'.repeat(size);
    const text = JSON.stringify({ event_type: 'room.broadcast',
      room_id: 'r', content });
    for (let i = 0; i < text.length; i += 100) {
      client.socket.send(text.slice(i, i + 100),
          { fin: i + 100 >= text.length });
    }
    const message = await client.expect('room.broadcast');
    assert.equal(message.content, content);
  }
  await close(client);
});

test('pings between compressed frames are answered', async () => {
  const client = await connect('alice');
  await join(client);
  for (let n = 0; n < 50; n++) {
    client.send({ event_type: 'room.broadcast', room_id: 'r', n,
      text: 'between '.repeat(100) });
    const pong = once(client.socket, 'pong');
    client.socket.ping(`${n}`);
    const [payload] = await within(pong, () => 'pong');
    assert.equal(payload.toString(), `${n}`);
    await client.expect('room.broadcast', { n });
  }
  await close(client);
});

test('options of the client are respected', async () => {
  for (const options of [
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { clientMaxWindowBits: 9, threshold: 0 },
    { serverMaxWindowBits: 15, threshold: 0 },
  ]) {
    const client = await connect('alice', options);
    await join(client);
    client.send({ event_type: 'room.broadcast', room_id: 'r',
      text: 'options '.repeat(500) });
    const event = await client.expect('room.broadcast');
    assert.equal(event.text, 'options '.repeat(500));
    await close(client);
  }
});
