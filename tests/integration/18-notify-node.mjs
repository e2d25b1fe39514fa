// Notifications as a page sees them: Node's WebSocket client, tabs, fetch.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, Server, within } from './harness.mjs';

const server = new Server();
before(() => server.start([], ['chat', 'notify']));
after(() => server.stop());

async function post(path, body, headers = {}) {
  const answer = await fetch(
      `http://127.0.0.1:${server.port}/api/notifications/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
  return { status: answer.status, body: await answer.json() };
}

async function leave(client) {
  client.socket.close(1000);
  await within(client.closed, () => 'close');
}

test('a badge is right in every tab', async () => {
  const tabs = [await Client.connect(server, 'alice'),
    await Client.connect(server, 'alice')];
  const ids = [];
  for (const title of ['one', 'two', 'three']) {
    const { status, body } = await post(
        'send', { user_id: 'alice', title, message: 'hello' });
    assert.equal(status, 202);
    ids.push(body.notification_id);
  }
  for (const tab of tabs) {
    for (const [index, id] of ids.entries()) {
      const event = await tab.expect('notification', { notification_id: id });
      assert.equal(event.unread, index + 1);
    }
  }
  tabs[0].send({ event_type: 'notification.read', notification_ids: ids });
  const own = await tabs[0].expect('notification.read');
  const other = await tabs[1].expect('notification.read');
  assert.equal(own.unread, 0);
  assert.equal(other.unread, 0);
  assert.deepEqual(other.notification_ids, ids);
  tabs[1].send({ event_type: 'notification.clear', all: true, ref: 'c' });
  const ack = await tabs[1].expect('ack', { ref: 'c' });
  assert.equal(ack.notification_ids.length, 3);
  await tabs[0].expect('notification.clear', { unread: 0 });
  for (const tab of tabs) {
    await leave(tab);
  }
});

test('what was missed comes first, and only once', async () => {
  await post('send', { user_id: 'bob', title: 'missed', message: 'm' });
  const first = await Client.connect(server, 'bob');
  await first.expect('notification', { title: 'missed', unread: 1 });
  first.send({ event_type: 'notification.list', ref: 'l' });
  const page = await first.expect('ack', { ref: 'l' });
  assert.equal(page.notifications[0].read, false);
  await leave(first);
  const second = await Client.connect(server, 'bob');
  await post('send', { user_id: 'bob', title: 'new', message: 'm' });
  const event = await second.expect('notification');
  assert.equal(event.title, 'new');
  await leave(second);
});

test('the same key is the same call', async () => {
  const key = { 'Idempotency-Key': '0f8fad5b-d9cb-469f-a165-70867728950e' };
  const body = { user_ids: ['carol', 'dora'], title: 't', message: 'm' };
  const first = await post('send', body, key);
  const second = await post('send', body, key);
  assert.equal(first.status, 202);
  assert.deepEqual(second, first);
  const other = await post('send', { ...body, title: 'u' }, key);
  assert.equal(other.status, 409);
  assert.equal(other.body.code, 'conflict');
  const carol = await Client.connect(server, 'carol');
  await carol.expect('notification', { unread: 1 });
  await leave(carol);
});
