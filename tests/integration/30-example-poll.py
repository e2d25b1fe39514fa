"""The example plugin poll in a real server, with storage, a reload, a crash."""

import example
import harness


class PollTest(example.ExampleTest):
    name = "poll"
    settings = "counts_ms = 50;"
    beside = (harness.STORE,)

    async def enter(self, user):
        client = await self.connect(user)
        await client.ack("room.join", room_id="team")
        return client

    async def create(self, client):
        answer = await self.ask(client, "poll.create", room_id="team",
                                question="Lunch?", options=["pizza", "soup"])
        return answer["poll_id"]

    async def ask(self, client, event_type, **fields):
        """Polls are read from storage when the server starts: tries again."""
        while True:
            answer = await client.request(event_type, **fields)
            if answer.get("code") != "try_again":
                self.assertEqual(answer["event_type"], "ack", answer)
                return answer

    async def result(self, client, poll):
        return await self.ask(client, "poll.result", poll_id=poll)

    async def test_a_room_votes(self):
        alice, bob = await self.enter("alice"), await self.enter("bob")
        poll = await self.create(alice)
        told = await bob.expect("poll.created", poll_id=poll)
        self.assertEqual(told["options"], ["pizza", "soup"])
        await bob.ack("poll.vote", poll_id=poll, choice=1)
        await alice.ack("poll.vote", poll_id=poll, choice=0)
        await alice.ack("poll.vote", poll_id=poll, choice=1)
        await bob.expect("poll.counts", poll_id=poll, counts=[0, 2])
        await alice.ack("poll.close", poll_id=poll)
        last = await bob.expect("poll.result", poll_id=poll)
        self.assertEqual((last["counts"], last["closed"]), ([0, 2], True))
        metrics = self.metrics()
        self.assertEqual((metrics["votes_total"], metrics["open"]), (3, 0))

    async def test_many_votes_are_few_events(self):
        voters = [await self.enter(f"user{i}") for i in range(20)]
        poll = await self.create(voters[0])
        for i in range(200):
            await voters[i % 20].send("poll.vote", poll_id=poll, choice=i % 2)
        await voters[0].expect("poll.counts", votes=20)
        for voter in voters:
            await voter.ack("poll.result", poll_id=poll)
        counts = [event for event in voters[1].passed
                  if event["event_type"] == "poll.counts"]
        self.assertLess(len(counts), 100)

    async def test_survives_a_reload_and_a_crash(self):
        alice, bob = await self.enter("alice"), await self.enter("bob")
        poll = await self.create(alice)
        await alice.ack("poll.vote", poll_id=poll, choice=0)
        self.reload("counts_ms = 50; votes = 99;")
        self.server.wait_for_line(r"reload: done.* replaced=1")
        answer = await self.result(bob, poll)
        self.assertEqual(answer["counts"], [1, 0])
        await bob.ack("poll.vote", poll_id=poll, choice=1)

        self.server.kill()
        self.server.start()
        carol = await self.enter("carol")
        self.assertEqual((await self.result(carol, poll))["counts"], [1, 1])


if __name__ == "__main__":
    harness.main()
