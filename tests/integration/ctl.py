"""nexusctl, and bare connections to a server's control socket."""

import json
import os
import socket
import subprocess

import harness

# Settings of the tests are no settings of nexusctl.
ENV = {k: v for k, v in os.environ.items() if not k.startswith("NEXUS_")}
PROGRAM = str(harness.BUILD / "nexusctl")


def path_of(server):
    return server.directory / "data" / "control.sock"


def run(*arguments, **options):
    """nexusctl with these arguments, to its end."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True,
        timeout=harness.DEADLINE, env=ENV, **options)


def ask(server, *arguments):
    """(exit code, stdout, stderr) of a command to this server."""
    done = run(*arguments, "--socket", path_of(server))
    return done.returncode, done.stdout, done.stderr


class Raw:
    """One connection to the control socket."""

    def __init__(self, server):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(harness.DEADLINE)
        self.sock.connect(str(path_of(server)))
        self.file = self.sock.makefile("rb")

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        """The next object, None at the end."""
        text = self.file.readline()
        return json.loads(text) if text else None

    def ask(self, command, **fields):
        question = {"v": 1, "command": command, **fields}
        self.send(json.dumps(question).encode() + b"\n")
        return self.line()
