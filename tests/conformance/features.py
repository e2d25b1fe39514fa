"""What the server may or may not be able to do yet, and the servers to test.

A feature is there as soon as the program knows its setting; cases that need
it are pending until then. permessage-deflate is different: --deflate switches
it on for all servers, and each session of any case then offers it. Without,
its own cases check that it is not agreed on.
"""

import dataclasses
import ssl
import subprocess
import tempfile
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


# Whatever has bytes is compressed, with a window that not every client asks
# for.
DEFLATE_SETS = ["deflate.enabled=true", "deflate.min_bytes=1",
                "deflate.window_bits=10", "deflate.turn_ms=1000"]


@dataclasses.dataclass
class Feature:
    sets: list           # the settings that switch it on
    pending: str         # why its cases cannot run; "": they run without it


FEATURES = {
    "origins": Feature(
        [f"listen.origins={ORIGIN}"],
        "the server has no allow-list of origins yet: listen.origins"),
    "deflate": Feature([], ""),  # with --deflate; its cases run in any case
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


def _without_check():
    """For a server whose certificate nobody told us of."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _offers_deflate(port, tls):
    peer = Peer(port, tls=tls)
    peer.send(handshake.request(
        add=["Sec-WebSocket-Extensions: permessage-deflate"]))
    answer = handshake.read_answer(peer)
    peer.close()
    return bool(answer.all("sec-websocket-extensions"))


class Targets:
    """The servers, each started when the first case wants it, and all of them
    reached over TLS if the options say so."""

    def __init__(self, stack, options):
        self.stack = stack
        self.everywhere = ["deflate"] if options.deflate else []
        self.sets = SETS + (DEFLATE_SETS if options.deflate else [])
        self.running = {}
        self.lock = threading.Lock()
        self.authority = None
        if options.port:
            tls = _without_check() if options.tls else None
            offered = ["deflate"] if _offers_deflate(options.port, tls) else []
            target = Target(options.port, tls=tls, limit=LIMIT,
                            features=offered, offers=options.deflate)
            self.running = {name: target for name in ["", *FEATURES]}
            return
        if options.tls:
            import certificates
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="nexus-tls-"))
            self.authority = certificates.Authority(folder, "server")
        self.start("", [])

    def start(self, feature, sets):
        import certificates  # not before NEXUS_BUILD is known to be there
        import harness
        secure = self.authority.sets() if self.authority else []
        server = harness.Server(
            plugins=(), sets=[*self.sets, *secure, *sets])
        self.stack.enter_context(server)
        offered = self.everywhere + ([feature] if feature else [])
        target = Target(server.port, limit=LIMIT, process=server,
                        features=offered, offers=bool(self.everywhere))
        if self.authority:
            target.port = certificates.tls_port(server)
            target.tls = self.authority.context()
        self.running[feature] = target
        return target

    def of(self, needs):
        """The target for a case; the plain one where a feature is not there.
        """
        with self.lock:
            if needs not in self.running:
                plain = self.running[""]
                sets = FEATURES[needs].sets
                server = plain.process
                program = self.program()
                if sets and _knows(program, server.config, sets):
                    self.start(needs, sets)
                else:
                    self.running[needs] = plain
            return self.running[needs]

    @staticmethod
    def program():
        import harness
        return harness.BUILD / "nexusd"
