"""The installed SDK is enough: a plugin builds and passes its tests outside of
the source tree, and the installed server serves what was built. All examples are
tests/sdk/01-examples.py, which begins with what is here.

The prefix is moved after the installation, the examples are copied, and their
builds know no environment but PATH and where the prefix is.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

WORK = None  # a folder that ends with the test


def run(*command, cwd=None, env=None):
    done = subprocess.run([str(word) for word in command], text=True, cwd=cwd,
                          capture_output=True,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin",
                               **(env or {})})
    if done.returncode != 0:
        raise AssertionError(f"{command} exited with {done.returncode}:\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


def setUpModule():
    global WORK
    WORK = pathlib.Path(tempfile.mkdtemp(prefix="nexus-sdk-"))
    unittest.addModuleCleanup(shutil.rmtree, WORK, ignore_errors=True)
    for component in ("Runtime", "Development"):
        run("cmake", "--install", harness.BUILD, "--prefix", WORK / "first",
            "--component", component)
    (WORK / "first").rename(WORK / "root")


def found(name):
    """The one installed file of that name."""
    path, = (WORK / "root").rglob(name)
    return path


def examples():
    return sorted(found("examples").iterdir())


def copy(example, to):
    return pathlib.Path(shutil.copytree(example, WORK / to / example.name))


def exports(plugin):
    names = run("nm", "-D", "--defined-only", plugin)
    return [line.split()[-1] for line in names.splitlines()]


def build_by_cmake(source, *options):
    build = source / "build"
    run("cmake", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Debug",
        *options, env={"CMAKE_PREFIX_PATH": str(WORK / "root")})
    run("cmake", "--build", build)
    return build


def pkg_config(*words):
    return run("pkg-config", *words, env={
        "PKG_CONFIG_PATH": str(found("nexus-plugin.pc").parent)}).split()


def build_by_hand(source):
    """echo.so and echo_test as its README builds them."""
    run("cc", "-std=c11", "-Wall", "-Werror", "-O2", "-fPIC",
        "-fvisibility=hidden", "-shared", "-o", "echo.so", "echo.c",
        *pkg_config("--cflags", "--libs", "nexus-plugin"), cwd=source)
    run("cc", "-std=c11", "-Wall", "-Werror", "-DNX_STATIC_PLUGIN=echo", "-o",
        "echo_test", "echo.c", "echo_test.c",
        *pkg_config("--cflags", "--libs", "nexus-plugin-testing"), cwd=source)
    return source / "echo.so"


class Build(unittest.TestCase):
    def test_pkg_config_and_a_compiler_are_enough(self):
        plugin = build_by_hand(copy(found("echo"), "by-hand"))
        self.assertEqual(exports(plugin), ["nexus_plugin_v1"])
        run(plugin.parent / "echo_test")

    def test_a_failing_test_of_a_plugin_fails(self):
        source = copy(found("echo"), "broken")
        code = source / "echo.c"
        code.write_text(code.read_text().replace('"text", sdk', '"txt", sdk'))
        build = build_by_cmake(source)
        with self.assertRaisesRegex(AssertionError, 'text is not "hello" in'):
            run("ctest", "--test-dir", build, "--output-on-failure")

    def test_a_plugin_cannot_call_into_the_server(self):
        source = copy(found("echo"), "undefined")
        code = source / "echo.c"
        code.write_text(code.read_text().replace(
            "free(plugin->self);",
            "extern void core_turn(void *); core_turn(plugin->self);"))
        with self.assertRaisesRegex(AssertionError,
                                    "undefined reference to `core_turn'"):
            build_by_cmake(source, "-DBUILD_TESTING=OFF")

    def test_the_headers_need_nothing_beside_them(self):
        include = WORK / "root" / "include"
        headers = sorted(include.rglob("*.h"))
        self.assertIn(include / "nexus/testing/fake_host.h", headers)
        for compiler, language in (("cc", "c"), ("c++", "c++")):
            lines = "".join(f"#include <{header.relative_to(include)}>\n"
                            for header in headers)
            source = WORK / f"all.{language}"
            source.write_text(lines)
            run(compiler, "-x", language, "-Wall", "-Wextra", "-Werror",
                "-fsyntax-only", f"-I{include}", source)

    def test_an_sdk_of_another_major_version_is_not_taken(self):
        for wanted in ("1.99", "2.0"):
            source = copy(found("echo"), f"wants-{wanted}")
            text = source / "CMakeLists.txt"
            text.write_text(re.sub(r"(NexusPlugin) 1\.0", rf"\1 {wanted}",
                                   text.read_text()))
            with self.assertRaisesRegex(AssertionError, "considered but not accepted"):
                build_by_cmake(source)

    def test_no_installed_file_names_the_place_it_came_from(self):
        for path in (WORK / "root").rglob("*"):
            if path.suffix in (".cmake", ".pc", ".map", ".h", ".txt", ".c"):
                text = path.read_text()
                for folder in (harness.SOURCE, WORK, "/usr/local"):
                    self.assertNotIn(str(folder), text, path)


class Serve(harness.ServerTest):
    """The installed server with its own plugins and a built one."""

    def setUp(self):
        source = copy(found("echo"), "served")
        plugin = build_by_hand(source)
        self.addCleanup(shutil.rmtree, source)
        self.options = {
            "program": WORK / "root" / "bin" / "nexusd",
            "plugins": [harness.STORE, harness.CHAT,
                        '{ name = "echo"; path = "%s"; }' % plugin]}
        super().setUp()

    async def test_the_installed_server_serves_the_plugin(self):
        alice = await self.connect("alice")
        self.assertEqual((await alice.ack("echo.say", text="hello"))["text"],
                         "hello")
        await alice.ack("chat.message", conversation_id="conv_1", content="hi")
        for row in self.server.http("/api/ws/stats")[2]["plugins"]:
            self.assertIn(row["name"], ("store", "chat", "echo"))

    async def test_the_installed_tool_speaks_with_it(self):
        told = run(WORK / "root" / "bin" / "nexusctl", "plugins", "--data-dir",
                   self.server.directory / "data")
        self.assertIn(f"{WORK}/root/lib", told)
        self.assertIn("echo.so", told)


if __name__ == "__main__":
    harness.main()
