"""A headless Chromium, driven through chromedriver's own protocol."""

import http.server
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import urllib.request

import harness

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--no-proxy-server",
    # Pages that were left would stay connected for a while.
    "--disable-features=BackForwardCache"]

# Keeps what the page says, and lets a test wait for it.
RECORDER = """
window.said = [];
window.wake = () => {};
for (const how of ['log', 'error']) {
    const original = console[how].bind(console);
    console[how] = (...words) => {
        original(...words);
        window.said.push(words);
        window.wake();
    };
}
window.onerror = (text) => console.error(text);
"""

WAIT = """
const [fields, done] = arguments;
const fits = (words) => words.some((word) => word && typeof word === 'object'
    && Object.entries(fields).every(([k, v]) => word[k] === v))
    || words[0] === fields.words;
window.wake = () => {
    const found = window.said.find(fits);
    if (found) {
        window.wake = () => {};
        done(found);
    }
};
window.wake();
"""


class Page:
    """Serves one page to the browser, from a server of its own."""

    def __init__(self, *scripts):
        text = "<!doctype html><title>page</title>" + "".join(
            f"<script>{script}</script>" for script in (RECORDER, *scripts))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                known = self.path == "/"
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode() if known else b"")

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Browser:
    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="nexus-browser-"))
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0", "--allowed-ips=127.0.0.1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=self.home)
        for line in self.driver.stdout:
            if match := re.search(r"started successfully on port (\d+)", line):
                break
        else:
            raise AssertionError("chromedriver does not start")
        self.root = f"http://127.0.0.1:{match.group(1)}/session"
        answer = self._call("POST", "", {"capabilities": {"alwaysMatch": {
            "timeouts": {"script": int(harness.DEADLINE * 1000)},
            "goog:chromeOptions": {"args": [
                *ARGUMENTS, f"--user-data-dir={self.home}/profile"]}}}})
        self.root += "/" + answer["sessionId"]

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self.root + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(
                    request, timeout=3 * harness.DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(
                f"{path}: {json.load(error)['value']['message']}") from error

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._call("POST", "/execute/sync", {
            "script": script, "args": list(arguments)})

    def wait_for(self, **fields):
        """What the page said with an object that has these fields, or, with
        words=, with this first word."""
        try:
            return self._call("POST", "/execute/async", {
                "script": WAIT, "args": [fields]})
        except AssertionError as error:
            said = self.run("return window.said")
            raise AssertionError(f"no {fields} in {said}") from error

    def close(self):
        try:
            self._call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(harness.DEADLINE)
            self.driver.stdout.close()
            shutil.rmtree(self.home, ignore_errors=True)
