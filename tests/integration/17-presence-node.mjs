// Presence as a page sees it: Node's WebSocket client, several tabs, fetch.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, Server, seed, within } from './harness.mjs';

const server = new Server();
before(() => server.start(
    ['plugins.presence.grace=2'], ['chat', 'presence']));
after(() => server.stop());

async function leave(client, code = 1001) {
  client.socket.close(code);
  await within(client.closed, () => 'close');
}

// What came about a user so far: everything before the answer to a ping.
async function told(client, user) {
  client.send({ event_type: 'ping', mark: client.events.length });
  await client.expect('pong');
  const about = client.events.filter((event) =>
    event.event_type.startsWith('presence.') && event.user_id === user);
  client.events = [];
  return about.map((event) => event.event_type);
}

test('a subscription begins with the present state', async () => {
  const alice = await Client.connect(server, 'alice');
  const bob = await Client.connect(server, 'bob');
  bob.send({ event_type: 'presence.subscribe', user_ids: ['alice', 'carol'] });
  const answer = await bob.expect('presence.subscribe');
  assert.deepEqual(answer.users.map((user) => [user.user_id, user.status]),
      [['alice', 'online'], ['carol', 'offline']]);
  assert.equal(answer.count, 2);
  const carol = await Client.connect(server, 'carol');
  const online = await bob.expect('presence.online');
  assert.equal(online.user_id, 'carol');
  for (const client of [alice, bob, carol]) {
    await leave(client);
  }
});

test('the update of the seed is told to those in the room', async () => {
  const other = await Client.connect(server, 'user456');
  other.send({ event_type: 'room.join', room_id: 'room_general' });
  await other.expect('room.join');
  const client = await Client.connect(server, 'user123');
  new Function('ws', await seed('events.js'))(client.socket);
  const away = await other.expect('presence.away', { user_id: 'user123' });
  assert.equal(away.status_message, 'In a meeting');
  assert.equal(away.location, 'Meeting Room');
  const answer = await fetch(
      `http://127.0.0.1:${server.port}/api/presence/user123`);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).status, 'away');
  await leave(client);
  await other.expect('presence.offline', { user_id: 'user123' });
  await leave(other);
});

test('a page that is reloaded is not told of', async () => {
  const bob = await Client.connect(server, 'bob');
  bob.send({ event_type: 'presence.subscribe', user_ids: ['dora', 'ed'] });
  await bob.expect('presence.subscribe');
  let dora = await Client.connect(server, 'dora');
  const ed = await Client.connect(server, 'ed');
  await bob.expect('presence.online', { user_id: 'dora' });
  await leave(ed);
  for (let i = 0; i < 5; i++) {
    await leave(dora);
    dora = await Client.connect(server, 'dora');
  }
  // ed left before the reloads began: his grace ends before dora's would.
  await bob.expect('presence.offline', { user_id: 'ed' });
  assert.deepEqual(await told(bob, 'dora'), []);
  await leave(dora);
  await bob.expect('presence.offline', { user_id: 'dora' });
  await leave(bob);
});

test('tabs of one user agree', async () => {
  const [one, two] = [
    await Client.connect(server, 'fay'), await Client.connect(server, 'fay')];
  one.send({ event_type: 'presence.update', status: 'invisible', ref: '1' });
  assert.equal((await one.expect('ack')).status, 'invisible');
  assert.equal((await two.expect('presence.update')).status, 'invisible');
  two.send({ event_type: 'presence.get', user_id: 'fay' });
  const answer = await two.expect('presence.get');
  assert.equal(answer.users[0].status, 'invisible');
  const rest = await fetch(
      `http://127.0.0.1:${server.port}/api/presence/fay`);
  assert.equal((await rest.json()).status, 'offline');
  await leave(one, 1000);
  await leave(two, 1000);
});
