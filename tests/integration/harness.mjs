// What harness.py is for Python: a real server, and a patient client.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const WebSocket = createRequire('/usr/share/nodejs/')('ws');
const deadline = 1000 * Number(process.env.NEXUS_TEST_DEADLINE ?? 20);

export function seed(name) {
  return readFile(
      join(process.env.NEXUS_SOURCE, 'tests/integration/seed', name), 'utf8');
}

// The promise, or an error that says what it was waited for.
export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
        () => reject(new Error(`no ${what()} in time`)), deadline);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Server {
  lines = [];

  async start(sets = [], plugins = ['chat']) {
    this.directory = await mkdtemp(join(tmpdir(), 'nexus-test-'));
    const config = join(this.directory, 'nexus.conf');
    const lines = plugins.map((name) => `{ name = "${name}"; }`);
    await writeFile(config, `plugins = ( ${lines.join(', ')} );\n`);
    const all = ['listen.port=0', `data_dir=${this.directory}/data`, ...sets];
    this.process = spawn(
        join(process.env.NEXUS_BUILD, 'nexusd'),
        ['--config', config, ...all.flatMap((item) => ['--set', item])],
        { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.directory });
    this.ended = once(this.process, 'exit');
    const listening = new Promise((resolve) => {
      createInterface({ input: this.process.stderr }).on('line', (line) => {
        this.lines.push(line);
        const match = /listening\b.*\bport=(\d+)/.exec(line);
        if (match) {
          resolve(Number(match[1]));
        }
      });
    });
    this.port = await within(
        listening, () => `line about listening in ${this.lines}`);
  }

  async stop() {
    this.process.kill('SIGTERM');
    const [code] = await within(this.ended, () => 'end of nexusd');
    await rm(this.directory, { recursive: true, force: true });
    if (code !== 0) {
      throw new Error(`nexusd exited with ${code}: ${this.lines.join('\n')}`);
    }
  }

  url(user) {
    return `ws://127.0.0.1:${this.port}/ws?user_id=${user}&token=t`;
  }
}

// Events are kept until somebody asks for them.
export class Client {
  events = [];
  #arrived = () => {};

  constructor(url, ...options) {
    this.socket = new WebSocket(url, ...options);
    this.closed = once(this.socket, 'close');
    this.socket.on('message', (data, isBinary) => {
      this.events.push(isBinary ? data : JSON.parse(data));
      this.#arrived();
    });
  }

  static async connect(server, user) {
    const client = new Client(server.url(user));
    client.welcome = await client.expect('system.message');
    return client;
  }

  send(event) {
    this.socket.send(JSON.stringify(event));
  }

  // The first such event; others stay, as answers may overtake each other.
  async expect(type, fields = {}) {
    const fits = (event) => event.event_type === type
        && Object.entries(fields).every(([k, v]) => event[k] === v);
    const search = async () => {
      for (;;) {
        const at = this.events.findIndex(fits);
        if (at >= 0) {
          return this.events.splice(at, 1)[0];
        }
        await new Promise((resolve) => { this.#arrived = resolve; });
      }
    };
    return within(search(), () =>
      `${type} ${JSON.stringify(fields)} in ${JSON.stringify(this.events)}`);
  }
}
