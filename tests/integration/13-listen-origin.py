"""Which web pages may connect: the header Origin and listen.origins."""

import harness
import rawclient

TARGET = "/ws?user_id=alice&token=t"


class Origins(harness.ServerTest):
    options = {"sets": ["listen.origins=https://a.example"]}

    def ask(self, *headers):
        sock = rawclient.connect(self.server, TARGET, headers=headers)
        self.addCleanup(sock.close)
        return rawclient.read_head(sock)

    async def test_lets_in_pages_of_the_list_and_other_programs(self):
        self.assertEqual(self.ask("Origin: https://a.example"), 101)
        self.assertEqual(self.ask(), 101)

    async def test_refuses_and_counts_all_other_pages(self):
        for origin in ("http://a.example", "https://a.example.evil.org",
                       "null"):
            self.assertEqual(self.ask(f"Origin: {origin}"), 403)
        stats = self.server.http("/api/ws/stats")[2]
        self.assertEqual(stats["refused"]["listen.origins"], 3)


class Development(harness.ServerTest):
    async def test_lets_every_page_in(self):
        sock = rawclient.connect(
            self.server, TARGET, headers=["Origin: https://anywhere.example"])
        self.addCleanup(sock.close)
        self.assertEqual(rawclient.read_head(sock), 101)


if __name__ == "__main__":
    harness.main()
