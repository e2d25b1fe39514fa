#!/usr/bin/env python3
"""The Python websockets peer: the same few events as bench/bare.c, written
the way the library's documentation suggests. Usage: websockets_peer.py [PORT]
"""

import asyncio
import json
import sys

import websockets

rooms = {}


def leave(socket, room):
    members = rooms.get(room)
    if members is not None:
        members.discard(socket)
        if not members:
            del rooms[room]


async def serve_client(socket, *_path):
    room = None
    try:
        await socket.send('{"event_type":"system.message",'
                          '"message":"Connected"}')
        async for text in socket:
            event = json.loads(text)
            kind = event.get("event_type")
            if kind == "ping":
                event["event_type"] = "pong"
                await socket.send(json.dumps(event))
            elif kind == "room.broadcast":
                websockets.broadcast(rooms.get(event["room_id"], ()),
                                     json.dumps(event))
            elif kind == "room.join":
                leave(socket, room)
                room = event["room_id"]
                rooms.setdefault(room, set()).add(socket)
                await socket.send(json.dumps(
                    {"event_type": "ack", "ref": event.get("ref")}))
    except websockets.ConnectionClosed:
        pass
    finally:
        leave(socket, room)


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    async with websockets.serve(serve_client, "127.0.0.1", port,
                                compression=None, backlog=4096) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening port={port}\nready", file=sys.stderr, flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
