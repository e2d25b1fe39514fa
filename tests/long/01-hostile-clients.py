"""The attacks of integration/17-hostile-clients by many more clients, for
longer, and all of them at once."""

import threading

import harness
import hostile


class Attack(hostile.Siege):
    def test_with_ten_thousand_connects(self):
        self.assert_survived(hostile.churn, 10000)

    def test_with_resets_in_every_state(self):
        self.assert_survived(hostile.resets, 1000)

    def test_of_two_thousand_silent_connections(self):
        self.assert_survived(hostile.silent, 2000)

    def test_of_those_who_do_not_read(self):
        self.assert_survived(hostile.deaf, 100)

    def test_with_pings(self):
        self.assert_survived(hostile.pings, 100)

    def test_with_everything_at_once(self):
        def everything(server, count):
            failed = []

            def run(attack):
                try:
                    attack(server, count)
                except Exception as error:
                    failed.append(f"{attack.__name__}: {error!r}")

            threads = [threading.Thread(target=run, args=[attack])
                       for attack in hostile.ATTACKS]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failed, [])

        for _ in range(5):
            self.assert_survived(everything, 100)


if __name__ == "__main__":
    harness.main()
