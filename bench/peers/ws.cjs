'use strict';
// The Node `ws` peer: the same few events as bench/bare.c, written the way a
// Node server is usually written. Usage: node ws.cjs [PORT]

const MODULES = ['ws', '/usr/share/nodejs/ws'];

function load() {
  for (const name of MODULES) {
    try {
      return require(name);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  process.stderr.write('error: no ws module (Debian: node-ws)\n');
  process.exit(1);
}

const { WebSocketServer } = load();
const rooms = new Map(); // name -> Set of sockets

function leave(socket) {
  const members = rooms.get(socket.room);
  if (!members) return;
  members.delete(socket);
  if (members.size === 0) rooms.delete(socket.room);
}

function join(socket, event) {
  leave(socket);
  socket.room = event.room_id;
  if (!rooms.has(socket.room)) rooms.set(socket.room, new Set());
  rooms.get(socket.room).add(socket);
  socket.send(JSON.stringify({ event_type: 'ack', ref: event.ref }));
}

function broadcast(socket, event) {
  const text = Buffer.from(JSON.stringify(event));
  for (const member of rooms.get(event.room_id) ?? []) {
    member.send(text, { binary: false });
  }
}

const handlers = {
  ping: (socket, event) =>
    socket.send(JSON.stringify({ ...event, event_type: 'pong' })),
  'room.join': join,
  'room.broadcast': broadcast,
};

const server = new WebSocketServer(
  {
    host: '127.0.0.1',
    port: Number(process.argv[2] ?? 0),
    perMessageDeflate: false,
    backlog: 4096,
  },
  () => {
    process.stderr.write(`listening port=${server.address().port}\nready\n`);
  },
);

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const event = JSON.parse(data);
    handlers[event.event_type]?.(socket, event);
  });
  socket.on('close', () => leave(socket));
  socket.on('error', () => socket.terminate());
  socket.send(
    JSON.stringify({ event_type: 'system.message', message: 'Connected' }),
  );
});
