"""What keeps a server from starting: one precise sentence, and an exit code."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import harness

PLUGINS = harness.BUILD / "tests/plugins"


class Start(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nexus-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.config = self.directory / "nexus.conf"

    def run_nexusd(self, *arguments, config="", env=None):
        command = [str(harness.BUILD / "nexusd")]
        if config is not None:
            self.config.write_text(config)
            command += ["--config", str(self.config)]
        return subprocess.run(
            [*command, "--set", "listen.port=0", "--set",
             f"data_dir={self.directory}/data", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=harness.DEADLINE, cwd=self.directory,
            env={**os.environ, **(env or {})})

    def fails(self, *words, code=1, arguments=(), **options):
        """It ends with this code and one line that has all these words."""
        result = self.run_nexusd(*arguments, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        errors = [line for line in result.stderr.splitlines()
                  if "error" in line]
        self.assertEqual(len(errors), 1, result.stderr)
        for word in words:
            self.assertIn(word, errors[0].replace('\\"', '"'))

    def plugin(self, name, *words, settings="", **options):
        """The same, when one of the test plugins is in the list."""
        self.fails(
            f"plugin={name}", f"{name}.so", *words, **options,
            config='plugins = ( { name = "%s"; path = "%s"; %s } );'
            % (name, PLUGINS / f"{name}.so", settings))


class Settings(Start):
    def test_file_that_is_not_there(self):
        self.fails("missing.conf", "No such file or directory", config=None,
                   arguments=["--config", "missing.conf"])

    def test_file_that_is_a_folder(self):
        self.fails(str(self.directory), config=None,
                   arguments=["--config", str(self.directory)])

    def test_file_with_a_syntax_error(self):
        self.fails("nexus.conf:3:",
                   config="listen = {\n  port = 1;\n  path == 2;\n};\n")
        self.fails("nexus.conf:2:", "never closed",
                   config='\nplugins = ( { name = "chat"; }\n')

    def test_unknown_name_with_the_nearest_one(self):
        self.fails('nexus.conf:2:', '"limits.brust"', '"limits.burst"',
                   config="limits = {\n  brust = 5;\n};")
        self.fails("--set", '"listen.prot"', '"listen.port"',
                   arguments=["--set", "listen.prot=1"])

    def test_value_of_a_wrong_kind_or_size(self):
        self.fails("nexus.conf:1:", "limits.burst", "1 to 1000000", '"x"',
                   config='limits = { burst = "x"; };')
        self.fails("--set", "listen.port", "-1 to 65535", "65536",
                   arguments=["--set", "listen.port=65536"])
        self.fails("--set", "auth.mode", '"open"',
                   arguments=["--set", "auth.mode=open"])
        self.fails("env MAX_QUEUE_SIZE", "offline.max_per_user", '"many"',
                   env={"MAX_QUEUE_SIZE": "many"})

    def test_values_that_contradict_each_other(self):
        self.fails("heartbeat.timeout (1, --set)",
                   "heartbeat.interval (5, --set)",
                   arguments=["--set", "heartbeat.timeout=1",
                              "--set", "heartbeat.interval=5"])

    def test_development_in_public(self):
        for address in ("0.0.0.0", "::", "192.0.2.1"):
            self.fails("listen.address", "auth.mode", '"dev"', address,
                       arguments=["--set", f"listen.address={address}"])

    def test_command_line_that_makes_no_sense(self):
        for arguments in (["--nonsense"], ["nonsense"], ["--config"]):
            result = self.run_nexusd(*arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn("Try 'nexusd --help'.", result.stderr)
        self.fails('"nonsense"', "path=value",
                   arguments=["--set", "nonsense"])


class Network(Start):
    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.fails("setting=listen.port", f"port={port}",
                       "Address already in use",
                       arguments=["--set", f"listen.port={port}"])

    def test_address_that_is_none(self):
        self.fails("listen.address", '"nowhere"',
                   arguments=["--set", "listen.address=nowhere"])


class Plugins(Start):
    def test_that_is_not_there(self):
        self.fails("plugin=nope", "nope.so", "plugin_dir",
                   config='plugins = ( { name = "nope"; } );')

    def test_that_is_no_library(self):
        fake = self.directory / "fake.so"
        for content in (b"", b"not a library", b"\x7fELF" + b"\0" * 60):
            fake.write_bytes(content)
            self.fails("plugin=fake", "fake.so", config=(
                'plugins = ( { name = "fake"; path = "%s"; } );' % fake))

    def test_that_is_half_a_library(self):
        whole = (PLUGINS / "slow.so").read_bytes()
        half = self.directory / "half.so"
        half.write_bytes(whole[:len(whole) // 2])
        self.fails("plugin=half", "half.so", config=(
            'plugins = ( { name = "half"; path = "%s"; } );' % half))

    def test_of_another_abi(self):
        self.plugin("bad_abi", "ABI 2", "speaks 1", "rebuild")

    def test_that_is_none(self):
        self.plugin("bad_magic", "mark of a plugin")

    def test_that_requires_an_unknown_interface(self):
        self.plugin("bad_requires", "nexus.telepathy/1", "does not have")

    def test_that_cannot_be_created(self):
        self.plugin("bad_create", "create() failed", "io_error")

    def test_that_does_not_like_its_settings(self):
        self.plugin("bad_configure", "plugins.bad_configure.colour",
                    "mauve is not in fashion")
        self.plugin("bad_configure", "configure() failed", "invalid",
                    settings="silent = true;")

    def test_that_misses_a_setting(self):
        self.plugin("bad_setting", "plugins.bad_setting.token", "required")

    def test_that_has_no_such_setting(self):
        self.fails("nexus.conf:1:", '"typing_laese"', '"typing_lease"', config=(
            'plugins = ( { name = "chat"; typing_laese = 3; } );'))

    def test_that_does_not_start(self):
        self.plugin("bad_start", "start() failed", "io_error")

    def test_that_takes_what_is_not_its_own(self):
        self.plugin("bad_prefix", '"chat."', "info.prefixes")

    def test_that_takes_what_another_has(self):
        self.fails(
            "plugin=bad_prefix", '"probe."', "probe", config=(
                'plugins = ( { name = "probe"; path = "%s"; },'
                '{ name = "bad_prefix"; path = "%s"; prefix = "probe."; } );'
                % (PLUGINS / "probe.so", PLUGINS / "bad_prefix.so")))

    def test_that_is_there_twice(self):
        self.fails('"chat"', "twice", "nexus.conf:1", config=(
            'plugins = ( { name = "chat"; }, { name = "chat"; } );'))
        self.fails("plugin=again", 'id "slow"', config=(
            'plugins = ( { name = "slow"; path = "%s"; },'
            '{ name = "again"; path = "%s"; } );'
            % ((PLUGINS / "slow.so",) * 2)))

    def test_with_another_hash_than_pinned(self):
        self.plugin("slow", "sha256", "0" * 64,
                    settings='sha256 = "%s";' % ("0" * 64))


class Check(Start):
    def test_tells_that_all_is_well(self):
        result = self.run_nexusd("--check", config=(
            'plugins = ( { name = "chat"; } );'))
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, "the configuration is good\n", ""))

    def test_tells_all_that_is_wrong_at_once(self):
        result = self.run_nexusd("--check", config=(
            "limits = {\n  brust = 5;\n  burst = 0;\n};\n"
            "listen = { path = 7; };\n"))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        errors = result.stderr.splitlines()
        self.assertEqual(len(errors), 3, result.stderr)
        for error, word in zip(errors, ("nexus.conf:2:", "nexus.conf:3:",
                                        "nexus.conf:5:")):
            self.assertTrue(error.startswith("error: "), error)
            self.assertIn(word, error)

    def test_looks_into_plugins(self):
        result = self.run_nexusd("--check", config=(
            'plugins = (\n'
            '  { name = "chat"; typing_lease = 1; },\n'
            '  { name = "bad_abi"; path = "%s"; }\n);'
            % (PLUGINS / "bad_abi.so")))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("plugins.chat.typing_lease", result.stderr)
        self.assertIn("ABI 2", result.stderr)

    def test_leaves_nothing_behind(self):
        before = self.temporary()
        self.test_tells_that_all_is_well()
        self.assertEqual(list(self.directory.iterdir()), [self.config])
        # Those of other tests come and go.
        harness.wait_until(lambda: self.temporary() <= before,
                           lambda: self.temporary() - before)

    def temporary(self):
        return {path for folder in ("/tmp", "/var/tmp")
                for path in pathlib.Path(folder).glob("nexusd-check-*")
                if path.stat().st_uid == os.geteuid()}

    def test_by_another_user_than_the_servers(self):
        """Root checks what a server of its own user has in use."""
        images = self.directory / "data/images"
        images.mkdir(mode=0o700, parents=True)
        shutil.chown(images, "nobody")
        copy = images / "1-0123456789ab-chat.so"
        copy.touch()
        self.test_tells_that_all_is_well()
        self.assertEqual(list(images.iterdir()), [copy])

    def test_an_image_dir_of_its_own_that_others_can_write_to(self):
        images = self.directory / "data/images"
        images.mkdir(parents=True)
        images.chmod(0o777)
        result = self.run_nexusd("--check", config=(
            'plugins = ( { name = "chat"; } );'))
        self.assertEqual(result.returncode, 1)
        self.assertIn("run chmod go-w", result.stderr)

    def test_warns_of_names_in_the_environment(self):
        result = self.run_nexusd("--check",
                                 env={"NEXUS_LIMITS_BRUST": "9"})
        self.assertEqual(result.returncode, 0)
        self.assertIn("NEXUS_LIMITS_BURST", result.stderr)


class Show(Start):
    def values(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return dict(re.findall(r"(\w+) = (.*); # (?:.*)", result.stdout)), \
            dict(re.findall(r"(\w+) = .*; # (.*)", result.stdout))

    def test_config_tells_each_value_and_its_origin(self):
        result = self.run_nexusd(
            "--print-config", "--set", "limits.burst=7",
            config="rooms = { announce_limit = 3; };",
            env={"NEXUS_LIMITS_ROOMS": "5"})
        values, origins = self.values(result)
        self.assertEqual((values["burst"], origins["burst"]), ("7", "--set"))
        self.assertEqual((values["rooms"], origins["rooms"]),
                         ("5", "env NEXUS_LIMITS_ROOMS"))
        self.assertEqual(values["announce_limit"], "3")
        self.assertTrue(
            origins["announce_limit"].endswith("nexus.conf:1"), origins)
        self.assertEqual((values["message_bytes"], origins["message_bytes"]),
                         ("65536", "default"))

    def test_config_is_a_file_that_gives_the_same(self):
        first = self.run_nexusd("--print-config", "--set", "limits.burst=7")
        again = self.run_nexusd("--print-config", config=first.stdout)
        self.assertEqual(self.values(again)[0], self.values(first)[0])

    def test_config_knows_the_documented_environment(self):
        values, origins = self.values(self.run_nexusd("--print-config", env={
            "WEBSOCKET_HEARTBEAT_INTERVAL": "31",
            "WEBSOCKET_HEARTBEAT_TIMEOUT": "61", "MAX_QUEUE_SIZE": "101",
            "MAX_CACHE_SIZE": "1001", "LOG_LEVEL": "WARNING"}))
        self.assertEqual(
            {name: values[name] for name in ("interval", "max_per_user",
                                             "max_records", "level")},
            {"interval": "31", "max_per_user": "101", "max_records": "1001",
             "level": '"warn"'})
        self.assertEqual(origins["max_per_user"], "env MAX_QUEUE_SIZE")

    def test_version_and_help(self):
        result = self.run_nexusd("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^nexusd \d+\.\d+\.\d+\n$")
        result = self.run_nexusd("--help")
        self.assertEqual(result.returncode, 0)
        for option in ("--config", "--set", "--check", "--print-config",
                       "--version"):
            self.assertIn(option, result.stdout)


if __name__ == "__main__":
    harness.main()
