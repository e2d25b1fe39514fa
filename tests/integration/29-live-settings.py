"""Every setting of the server either takes effect on a reload or refuses it by
name. The list is that of the server itself: a new setting has to be entered
here, with what shows its effect or with the place that reads it again.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import urllib.error

import websockets

import ctl
import harness

PLUGINS = harness.BUILD / "tests/plugins"
COUNTER = f'{{ name = "counter"; path = "{PLUGINS}/counter.so"; }}'
KERNEL = harness.SOURCE / "kernel"


def known_settings():
    """{path: (default, values, live)} as nexusd itself documents them."""
    text = subprocess.run(
        [str(harness.BUILD / "nexusd"), "--generate", "settings.md"],
        capture_output=True, text=True, check=True).stdout
    text = text.split("## plugins")[0].split("## Plugins")[0]
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| ([^|]*) \| ([^|]*) \| [^|]* \| ([^|]*) \|",
        text, re.MULTILINE)
    return {path: (default.strip("` "), values, "live" in live)
            for path, default, values, live in rows
            if not path.startswith("plugins.")}


# Where settings are read whose effect would take long to show: each time that
# it matters, and not when something is made.
READ_AGAIN = {
    "heartbeat.auto_ping": ("core/heartbeat.c", "look"),
    "heartbeat.interval": ("core/heartbeat.c", "look"),
    "heartbeat.timeout": ("core/heartbeat.c", "look"),
    "limits.message_timeout": ("net/ws.c", "keep_piece"),
    "limits.outbox_bytes": ("core/session.c", "queue_frame"),
    "limits.queued_bytes": ("core/overload.c", "read_limits"),
    "limits.http_body_timeout": ("net/http1.c", "begin_body"),
    "limits.http_answer_timeout": ("net/http1_answer.c", "http1_respond"),
    "deflate.min_bytes": ("core/packer.c", "is_suitable"),
    "deflate.max_bytes": ("core/packer.c", "is_suitable"),
    "deflate.turn_ms": ("core/packer.c", "has_budget"),
    "rooms.announce_limit": ("core/room_announce.c", "room_announce_tell"),
    "resume.sessions": ("core/resume.c", "make_room"),
    "resume.sessions_per_user": ("core/resume.c", "make_room"),
    "resume.record_bytes": ("core/resume.c", "is_too_large"),
    "resume.parallel": ("core/restore.c", "restores_run"),
    "resume.refresh": ("core/resume_store.c", "resume_store_touch_late"),
    "reload.freeze_ms": ("core/reload.c", "rest"),
    "reload.state_bytes": ("core/reload_plan.c", "add_item"),
    "reload.images": ("core/reload.c", "warn_of_images"),
    "reload.preflight": ("core/preflight.c", "preflight_init"),
    "reload.preflight_timeout": ("core/preflight.c", "preflight_init"),
    "control.buffer_bytes": ("core/admin.c", "admin_connect"),
    "control.timeout": ("net/control_peer.c", "rearm"),
    "overload.turn_ms": ("core/overload.c", "read_limits"),
    "overload.engine_pending": ("core/overload.c", "read_limits"),
    "overload.engine_oldest_ms": ("core/overload.c", "read_limits"),
    "overload.memory_bytes": ("core/overload.c", "read_limits"),
    "overload.hold": ("core/overload.c", "judge"),
    "overload.retry_after": ("core/overload.c", "overload_refuse"),
    "drain.timeout": ("core/drain.c", "drain_start"),
    "drain.delay": ("core/drain.c", "drain_start"),
    "drain.window": ("core/drain.c", "drain_start"),
    "callbacks.slow_ms": ("core/plugin.c", "judge_time"),
    "callbacks.stuck_warn_ms": ("core/watchdog.c", "copy_limits"),
    "callbacks.stuck_ms": ("core/watchdog.c", "copy_limits"),
    "crash.on_crash": ("core/quarantine.c", "judge"),
    "crash.limit": ("core/quarantine.c", "judge"),
    "crash.window": ("core/quarantine.c", "is_recent"),
    "quota.timers": ("core/plugin_timers.c", "plugin_timer_set"),
    "quota.jobs": ("core/jobs.c", "jobs_submit"),
    "quota.requests": ("core/op.c", "ops_may_own"),
}


class LiveTest(harness.ServerTest):
    """A server that is told everything by its file."""

    def setUp(self):
        self.server = harness.Server(config="")
        self.server.sets.clear()
        self.base = {"listen.port": 0,
                     "data_dir": f"{self.server.directory}/data"}
        self.write({})
        self.server.start()
        self.addCleanup(harness.shutil.rmtree, self.server.directory,
                        ignore_errors=True)
        self.addCleanup(self.server.stop)

    def write(self, settings):
        lines = []
        for path, value in {**self.base, **settings}.items():
            if isinstance(value, bool):
                value = "true" if value else "false"
            elif not isinstance(value, int):
                value = json.dumps(value)
            group, _, name = path.rpartition(".")
            lines.append(f"{group} = {{ {name} = {value}; }};" if group
                         else f"{name} = {value};")
        fresh = self.server.config.with_suffix(".fresh")
        fresh.write_text("\n".join(
            merged(lines) + [harness.settings_text([harness.CHAT, COUNTER])]))
        os.replace(fresh, self.server.config)

    async def reload(self, settings, outcome="done"):
        """Told by the control socket; the first reason."""
        self.write(settings)

        def ask():
            raw = ctl.Raw(self.server)
            try:
                return raw.ask("reload")["result"]
            finally:
                raw.close()
        result = await asyncio.to_thread(ask)
        self.assertEqual(result["outcome"], outcome, result["errors"])
        return (result["errors"] or [""])[0]

    async def refused(self, **options):
        """The status with which a new connection is turned away."""
        try:
            socket = await harness.dial(self.server.url("late"), **options)
        except websockets.InvalidStatusCode as error:
            return error.status_code
        await socket.close()
        return None


def merged(lines):
    """Groups that are named twice become one."""
    groups, rest = {}, []
    for line in lines:
        group = re.match(r"(\w+) = \{ (.*) \};$", line)
        if group:
            groups.setdefault(group[1], []).append(group[2])
        else:
            rest.append(line)
    return rest + [f"{name} = {{ {' '.join(parts)} }};"
                   for name, parts in groups.items()]


class Live(LiveTest):
    """Each shows its effect on what was there before the reload, if it has
    one on that."""

    async def test_listen_origins(self):
        bad = {"extra_headers": {"Origin": "http://bad.example"}}
        self.assertIsNone(await self.refused(**bad))
        await self.reload({"listen.origins": "http://good.example"})
        self.assertEqual(await self.refused(**bad), 403)

    async def test_listen_trusted_proxies(self):
        await self.reload({"listen.trusted_proxies": "127.0.0.1"})
        await self.connect("alice", extra_headers={
            "X-Forwarded-For": "192.0.2.7"})
        raw = ctl.Raw(self.server)
        self.addCleanup(raw.close)
        self.assertIn("192.0.2.7", json.dumps(
            await asyncio.to_thread(raw.ask, "sessions")))

    async def test_limits_connections(self):
        await self.connect("alice")
        await self.reload({"limits.connections": 1})
        self.assertEqual(await self.refused(), 503)
        await self.reload({})
        self.assertIsNone(await self.refused())

    async def test_limits_connections_per_user(self):
        first = await self.connect("alice")
        await self.reload({"limits.connections_per_user": 1})
        await self.connect("alice")
        self.assertEqual(await first.closed(), 4409)

    async def test_limits_message_bytes(self):
        client = await self.connect("alice")
        await self.reload({"limits.message_bytes": 2048})
        await client.send("ping", text="x" * 4096)
        self.assertEqual(await client.closed(), 1009)

    async def test_limits_message_bytes_by_prefix(self):
        client = await self.connect("alice")
        await client.ack("counter.add", text="x" * 1000)
        await self.reload({"limits.message_bytes_by_prefix": "counter.=1024"})
        await client.error("too_large", "counter.add", text="x" * 2000)

    async def rated(self, settings, events=3, **fields):
        client = await self.connect("alice")
        await self.reload(settings)
        answers = [await client.request("counter.add", **fields)
                   for _ in range(events)]
        self.assertEqual(answers[-1].get("code"), "rate_limited", answers)
        return client

    async def test_limits_messages_per_second(self):
        await self.rated({"limits.messages_per_second": 1, "limits.burst": 1})

    async def test_limits_burst(self):
        await self.rated({"limits.messages_per_second": 1, "limits.burst": 2},
                         events=5)

    async def test_limits_bytes_per_second(self):
        await self.rated({"limits.bytes_per_second": 1}, text="x" * 1000)

    async def test_limits_rate_violations(self):
        client = await self.rated({
            "limits.messages_per_second": 1, "limits.burst": 1,
            "limits.rate_violations": 3})
        for _ in range(3):
            await client.send("counter.add")
        self.assertEqual(await client.closed(), 4429)

    async def test_limits_json_depth(self):
        client = await self.connect("alice")
        await client.ack("counter.add", deep=[[[1]]])
        await self.reload({"limits.json_depth": 2})
        await client.send("counter.add", deep=[[[1]]])
        await client.expect("error")

    async def test_limits_rooms_per_session(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="a")
        await self.reload({"limits.rooms_per_session": 1})
        await client.error("limit_exceeded", "room.join", room_id="b")

    async def test_limits_rooms(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="a")
        await self.reload({"limits.rooms": 1})
        await client.error("limit_exceeded", "room.join", room_id="b")

    async def post(self, size):
        def ask():
            return self.server.http("/api/ws/broadcast", method="POST",
                                    body={"text": "x" * size})[0]
        return await asyncio.to_thread(ask)

    async def test_limits_http_body_bytes(self):
        self.assertNotEqual(await self.post(2000), 413)
        await self.reload({"limits.http_body_bytes": 1024})
        self.assertEqual(await self.post(2000), 413)

    async def test_limits_http_connections(self):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.server.port)
        self.addCleanup(writer.close)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"),
                               harness.DEADLINE)
        await self.reload({"limits.http_connections": 1})
        status = await asyncio.to_thread(
            lambda: self.server.http("/health/live")[0])
        self.assertEqual(status, 503)

    async def test_limits_pending_requests(self):
        client = await self.connect("alice")
        await client.send("counter.late", ref="late")
        await client.settle()
        await self.reload({"limits.pending_requests": 1})
        await client.error("overloaded", "counter.add")

    async def test_deflate_enabled(self):
        plain = await self.connect("alice")
        self.assertFalse(plain.socket.extensions)
        await self.reload({"deflate.enabled": True})
        packed = await self.connect("alice")
        self.assertTrue(packed.socket.extensions)

    async def test_log_level(self):
        await self.reload({"log.level": "debug"})
        await self.connect("alice")
        self.server.wait_for_line(r"(?i)\bdebug\b")

    async def test_log_format(self):
        await self.reload({"log.format": "json"})
        line = await asyncio.to_thread(
            self.server.wait_for_line, r'^\{.*"done".*\}$')
        self.assertEqual(json.loads(line.group(0))["changed"], 2)

    async def test_protocol_strict(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="a", colour="red")
        await self.reload({"protocol.strict": True})
        await client.error("unknown_field", "room.join", room_id="a",
                           colour="red")

    async def test_limits_connections_per_address(self):
        await self.reload({"limits.address_exceptions": ""})
        await self.connect("alice")
        await self.reload({"limits.connections_per_address": 1,
                           "limits.address_exceptions": ""})
        self.assertIn(await self.refused(), (429, 503))

    async def test_limits_connects_per_second(self):
        await self.reload({"limits.connects_per_second": 1,
                           "limits.connects_burst": 1,
                           "limits.address_exceptions": ""})
        answers = [await self.refused() for _ in range(4)]
        self.assertIn(429, answers)

    async def test_limits_connects_burst(self):
        await self.reload({"limits.connects_per_second": 1,
                           "limits.connects_burst": 2,
                           "limits.address_exceptions": ""})
        answers = [await self.refused() for _ in range(6)]
        self.assertIn(429, answers)

    async def test_limits_address_exceptions(self):
        tight = {"limits.connections_per_address": 1}
        await self.reload({**tight, "limits.address_exceptions": ""})
        await self.connect("alice")
        self.assertIn(await self.refused(), (429, 503))
        await self.reload(
            {**tight, "limits.address_exceptions": "127.0.0.0/8"})
        self.assertIsNone(await self.refused())

    async def test_resume_window(self):
        await self.reload({"resume.window": 7})
        late = await self.connect("bob")
        self.assertEqual(late.welcome["session"]["window"], 7)

    async def test_control_connections(self):
        first = ctl.Raw(self.server)
        self.addCleanup(first.close)
        self.assertTrue(first.ask("status"))
        self.write({"control.connections": 1})
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for_line("reload: done")
        second = ctl.Raw(self.server)
        self.addCleanup(second.close)
        self.assertIn("control.connections", json.dumps(second.line()))


class Complete(LiveTest):
    """Nothing is forgotten."""

    def test_every_live_setting_is_shown_or_read_again(self):
        live = {path for path, (_, _, live) in known_settings().items()
                if live}
        shown = {path for path in live
                 if hasattr(Live, "test_" + path.replace(".", "_"))}
        self.assertEqual(live - shown, set(READ_AGAIN))

    def test_what_is_said_to_be_read_again_is(self):
        for path, (file, function) in READ_AGAIN.items():
            with self.subTest(path):
                source = (KERNEL / file).read_text()
                body = re.search(
                    rf"^[a-z][^\n;]*\b{function}\([^;]*?\) \{{\n.*?^\}}",
                    source, re.MULTILINE | re.DOTALL)
                self.assertIsNotNone(body, f"{file} has no {function}()")
                member = path.replace(".", "_")
                self.assertRegex(body.group(0), rf"settings->{member}\b")

    def another(self, path, default, values):
        """A value that is allowed, and not the one of the server."""
        special = {
            "listen.address": "127.0.0.2",
            "listen.port": 8001,
            "listen.unix_mode": "0600",
            "listen.path": "/elsewhere",
            "tls.ciphers": "ECDHE+AESGCM",
            "auth.mode": "token",
        }
        if path in special:
            return special[path]
        limits = re.search(r"(-?\d+)\.\.(-?\d+)", values)
        if limits:
            least, most = int(limits[1]), int(limits[2])
            value = int(default)
            return value + 1 if value < most else value - 1
        if "`true`" in values or default in ("true", "false"):
            return default != "true"
        words = re.findall(r"`([^`]+)`", values)
        others = [word for word in words if word != default]
        return others[0] if others else f"{self.server.directory}/other"

    async def test_every_other_setting_is_refused_by_its_name(self):
        for path, (default, values, live) in known_settings().items():
            if live:
                continue
            with self.subTest(path):
                value = self.another(path, default.strip('"'), values)
                reason = await self.reload({path: value}, "refused")
                self.assertRegex(reason, rf"{re.escape(path)}\b")
        await self.reload({})


if __name__ == "__main__":
    harness.main()
