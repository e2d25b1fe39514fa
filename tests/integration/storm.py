"""A storm: many sessions lose their connections at once and come back."""

import asyncio
import json
import pathlib
import sys
import time

import harness

HERE = pathlib.Path(__file__).parent

ROOMS = ("r0", "r1")
SETS = ["limits.messages_per_second=0"]


class Storm(harness.ServerTest):
    """Override `size`; at_once limits how many dial at the same time."""

    options = {"sets": SETS}
    size = 0
    missed = 30
    at_once = 200

    async def dial_all(self, tokens):
        turn = asyncio.Semaphore(self.at_once)

        async def dial(i, token):
            async with turn:
                query = {"resume": token} if token else {}
                return await self.connect(f"user{i}", query=query)

        return await asyncio.gather(
            *(dial(i, token) for i, token in enumerate(tokens)))

    async def begin(self):
        """The writer, and all clients in their rooms."""
        writer = await self.connect("writer")
        for room in ROOMS:
            await writer.ack("room.join", room_id=room)
            await writer.ack("room.broadcast", room_id=room, n=1)
        clients = await self.dial_all([None] * self.size)
        for client in clients:
            for room in ROOMS:
                await client.ack("room.join", room_id=room)
        return writer, clients

    async def lose_all(self, writer, clients):
        for client in clients:
            client.socket.transport.abort()
        # Everybody has left when the writer is alone.
        while True:
            members = self.server.http(f"/api/ws/rooms/{ROOMS[0]}")[2]
            if members["count"] == 1:
                break
            await writer.settle()
        for room in ROOMS:
            for n in range(2, self.missed + 2):
                await writer.ack("room.broadcast", room_id=room, n=n)

    async def read_back(self, client):
        """What a client that comes back has missed, complete and in order."""
        got = {room: [] for room in ROOMS}
        while True:
            event = await client.next()
            if event["event_type"] == "room.broadcast":
                got[event["room_id"]].append(event["offset"])
            elif event["event_type"] == "system.resume":
                break
        want = list(range(2, self.missed + 2))
        self.assertEqual(got, {room: want for room in ROOMS})
        self.assertEqual([room["recovered"] for room in event["rooms"]],
                         [True] * len(ROOMS))

    async def come_back(self, clients):
        back = await self.dial_all(
            [c.welcome["session"]["resume_token"] for c in clients])
        for client in back:
            self.assertTrue(client.welcome["session"]["resumed"])
        await asyncio.gather(*map(self.read_back, back))
        return back

    async def bystander(self):
        """A live session in a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "bystander.py"), self.server.url("live"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.assertEqual(await process.stdout.readline(), b"ready\n")
        return process

    async def run_storm(self):
        """How often a live session was answered meanwhile."""
        writer, clients = await self.begin()
        await self.lose_all(writer, clients)
        live = await self.bystander()
        began = time.monotonic()
        await self.come_back(clients)
        took = time.monotonic() - began
        told = json.loads((await live.communicate(b""))[0])
        print(f"{self.size} sessions resumed in {took:.2f} s, meanwhile "
              f"{told['answers']} answers to a live one, the slowest after "
              f"{told['longest'] * 1000:.0f} ms", flush=True)
        stats = self.server.http("/api/ws/stats")[2]
        print(f"the server's turns in ms: {stats['turn_ms']}, CPU seconds: "
              f"{stats['cpu_seconds']}", flush=True)
        stats = stats["resume"]
        self.assertEqual((stats["resumed"], stats["waiting"]), (self.size, 0))
        self.assertEqual(stats["records"],
                         self.size * self.missed * len(ROOMS))
        return told["answers"]
