"""A client in a process of its own, so that it measures the server and not
the program that keeps thousands of other clients busy.

usage: bystander.py URL

Asks one ping after the other until its input ends, and prints how many were
answered, and the longest wait in seconds, as JSON.
"""

import asyncio
import json
import sys
import time

import websockets


async def ask(socket, n):
    await socket.send(json.dumps({"event_type": "ping", "n": n}))
    while True:
        event = json.loads(await socket.recv())
        if event["event_type"] == "pong" and event.get("n") == n:
            return


async def main(url):
    async with websockets.connect(url, ping_interval=None) as socket:
        await ask(socket, 0)
        print("ready", flush=True)
        ended = asyncio.get_running_loop().run_in_executor(
            None, sys.stdin.read)
        answers, longest = 0, 0.0
        while not ended.done():
            asked = time.monotonic()
            await ask(socket, answers + 1)
            longest = max(longest, time.monotonic() - asked)
            answers += 1
        print(json.dumps({"answers": answers, "longest": longest}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
