"""What the server may or may not be able to do yet, and the servers to test.

A feature is there as soon as the program knows its setting; cases that need
it are pending until then. permessage-deflate is different: its cases run in
any case, and without it check that nobody is told otherwise.
"""

import dataclasses
import subprocess
import threading

import handshake
from peer import Peer
from suite import Target

LIMIT = 100_000  # no power of two, and beyond 65,535

SETS = [f"limits.message_bytes={LIMIT}", "limits.messages_per_second=0",
        "limits.burst=1000000", "limits.bytes_per_second=0",
        "limits.http_connections=10000", "heartbeat.interval=3000",
        "heartbeat.timeout=6000"]

ORIGIN = "https://app.example"


@dataclasses.dataclass
class Feature:
    sets: list           # the settings that switch it on
    pending: str         # why its cases cannot run; "": they run without it


FEATURES = {
    "origins": Feature(
        [f"listen.origins={ORIGIN}"],
        "the server has no allow-list of origins yet: listen.origins"),
    "deflate": Feature(["listen.deflate=true"], ""),
    "tls": Feature(
        ["listen.tls_port=0"],
        "the server has no TLS listener yet: listen.tls_port"),
}


def missing(needs, target):
    """Why a case cannot run against this target, or nothing."""
    if not needs or needs in target.features:
        return ""
    return FEATURES[needs].pending


def _knows(program, config, sets):
    command = [str(program), "--check", "--config", str(config)]
    for item in sets:
        command += ["--set", item]
    return subprocess.run(command, capture_output=True, timeout=60,
                          check=False).returncode == 0


def _offers_deflate(port):
    peer = Peer(port)
    peer.send(handshake.request(
        add=["Sec-WebSocket-Extensions: permessage-deflate"]))
    answer = handshake.read_answer(peer)
    peer.close()
    return bool(answer.all("sec-websocket-extensions"))


class Targets:
    """The servers, each started when the first case wants it."""

    def __init__(self, stack, options):
        self.stack = stack
        self.running = {}
        self.lock = threading.Lock()
        if options.port:
            offered = ["deflate"] if _offers_deflate(options.port) else []
            target = Target(options.port, limit=LIMIT, features=offered)
            self.running = {name: target for name in ["", *FEATURES]}
        else:
            self.start("", [])
            if options.tls:
                raise SystemExit(FEATURES["tls"].pending)

    def start(self, feature, sets):
        import harness  # not before NEXUS_BUILD is known to be there
        server = harness.Server(plugins=(), sets=[*SETS, *sets])
        self.stack.enter_context(server)
        offered = [feature] if feature else []
        self.running[feature] = Target(server.port, limit=LIMIT,
                                       features=offered, process=server)
        return self.running[feature]

    def of(self, needs):
        """The target for a case; the plain one where a feature is not there.
        """
        with self.lock:
            if needs not in self.running:
                plain = self.running[""]
                sets = FEATURES[needs].sets
                server = plain.process
                program = self.program()
                if _knows(program, server.config, sets):
                    self.start(needs, sets)
                else:
                    self.running[needs] = plain
            return self.running[needs]

    @staticmethod
    def program():
        import harness
        return harness.BUILD / "nexusd"
