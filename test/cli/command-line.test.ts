// The words after `narrowboat`: help for each command, and one clear line with exit code 2 for what makes no sense.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { houseRoot } from "../tidy/house.ts";
import { narrowboat } from "./narrowboat.ts";
import { spoken } from "./spoken-command.ts";

const test = suite("command-line");
const scratch = scratchDirectories(test);

const HELP: Readonly<Record<string, readonly string[]>> = {
  "": [
    "serve",
    "publish <file>",
    "inspect <file>",
    "images",
    "psk <command>",
    "pull <uri>",
    "link",
    "profiles [name]",
    "--data",
  ],
  serve: [
    "--host",
    "--coaps-port",
    "--coap",
    "--coap-port",
    "--block-size",
    "--cache-size",
    "--cipher-suites",
    "--http",
    "--tls-cert",
    "127.0.0.1:8080",
    "5684",
    "5683",
  ],
  rollout: ["create <name>", "approve <name>", "start <name>", "pause <name>", "abort <name>", "way-back <name>"],
  "rollout create": ["--product", "--version", "--phases", "--success", "--failure", "--soak", "--window", "--api"],
  devices: ["--where", "--api", "--json"],
  device: ["show <id>", "set <id>", "consent <id> <state>", "forget <id>"],
  group: ["set <name>", "list", "remove <name>"],
  product: ["set <name>", "list"],
  user: ["add <name>", "list", "set <name>", "link <name>", "remove <name>"],
  "token add": ["--role", "--product", "--user", "--expires", "--api"],
  publish: ["<file>", "--product", "--version", "--json"],
  inspect: ["<file>", "--json"],
  images: ["--json"],
  psk: ["add <identity>", "list", "remove <identity>", "import <file>"],
  "psk add": ["--key", "--json"],
  "psk list": ["--json"],
  "psk remove": ["<identity>", "--json"],
  "psk import": ["<file>", "--json"],
  link: [
    "--profile",
    "--listen",
    "--target",
    "--seed",
    "--nat-timeout",
    "--drop-up",
    "--drop-down",
    "--json",
    "SIGUSR2",
  ],
  profiles: ["[name]", "--json"],
  pull: ["<uri>", "--identity", "--key", "--block-size", "-o", "--json"],
};

for (const [command, words] of Object.entries(HELP)) {
  test(`narrowboat ${command} --help names what it takes`, async () => {
    const { code, stdout, stderr } = await narrowboat(scratch(), ...command.split(" ").filter(Boolean), "--help");
    assert.is(code, 0);
    assert.is(stderr, "");
    for (const word of words) assert.ok(stdout.includes(word), `no ${word} in ${stdout}`);
    if (command !== "" && command !== "psk") assert.match(stdout, /Examples:/);
  });
}

const WRONG_USE: readonly (readonly [command: string, line: RegExp])[] = [
  ["", /^narrowboat: say what to do: see narrowboat --help$/],
  ["sail", /^narrowboat: "sail" is no command: see narrowboat --help$/],
  ["images extra", /^narrowboat: Unknown argument: extra: see narrowboat images --help$/],
  ["images --json --colour", /^narrowboat: Unknown argument: colour: see narrowboat images --help$/],
  ["images --data", /^narrowboat: --data needs a value: see narrowboat images --help$/],
  ["psk", /^narrowboat: an argument is missing: see narrowboat psk --help$/],
  ["psk sail", /^narrowboat: say what to do with keys: psk add, psk list/],
  ["publish", /^narrowboat: an argument is missing: see narrowboat publish --help$/],
  ["publish a.bin", /^narrowboat: Missing required arguments: product, version: see narrowboat publish --help$/],
  ["pull", /^narrowboat: an argument is missing: see narrowboat pull --help$/],
  ["pull coap://h/a --block-size 100", /^narrowboat: "100" is not a block size: use 16, 32/],
  ["pull coaps://h/a", /^narrowboat: coaps:\/\/ needs --identity and --key \(or NARROWBOAT_KEY\)$/],
  ["pull coap://h/a --identity x --key 00", /^narrowboat: coap:\/\/ knows no identity and no key/],
  ["pull coap://h/", /^narrowboat: the path of the URI ends in no name for a file: give one with -o$/],
  ["pull fw/a", /^narrowboat: "fw\/a" is not a CoAP URI/],
  ["link", /^narrowboat: Missing required arguments: profile, listen, target: see narrowboat link --help$/],
  ["link --profile ideal --listen h:0 --target 5684", /^narrowboat: "5684" is not HOST:PORT: write it as/],
  ["link --profile ideal --listen 127.0.0.1:0 --target 127.0.0.1:0", /^narrowboat: port 0 is nobody's: give --target/],
  ["link --profile ideal --listen none.invalid:0 --target 127.0.0.1:1", /^narrowboat: no address .*: check --listen$/],
  [
    "link --profile ideal:rtt=1 --listen 127.0.0.1:0 --target 127.0.0.1:1",
    /^narrowboat: profile ideal: rtt must be a time/,
  ],
  ["serve --coaps-port 70000", /^narrowboat: "70000" is not a port/],
  ["serve --block-size 48", /^narrowboat: "48" is not a block size/],
  ["serve --cache-size 10", /^narrowboat: "10" is not the size of a cache: use bytes, such as 64M or 2G, at least 1M/],
  ["serve --cache-size lots", /^narrowboat: "lots" is not the size of a cache/],
  ["serve --cipher-suites AES", /^narrowboat: "AES" is not a cipher suite: use TLS_/],
];

for (const [command, line] of WRONG_USE) {
  test(`narrowboat ${command}: one line, exit code 2`, async () => {
    const { code, stdout, stderr } = await narrowboat(scratch(), ...command.split(" ").filter(Boolean));
    assert.is(code, 2);
    assert.is(stdout, "");
    assert.match(stderr.replace(/\n$/, ""), line);
    assert.is(stderr.split("\n").length, 2, stderr);
  });
}

test("of an option that is said again the last word counts, and of one that takes several words all of them", async () => {
  const [maker, server, other, root] = ["maker", "server", "other", "root"].map((name) => join(scratch(), name));
  for (const file of [maker!, server!, other!]) {
    const { stdout } = await spoken("keygen", file, "--algorithm", "es256", "--algorithm", "ed25519", "--json");
    assert.is(JSON.parse(stdout).algorithm, "ed25519");
  }
  const servers = ["--server", `${server}.pub`, "--server", `${other}.pub`];
  const said = ["trust", "root", "--product", "pump", "--key", maker!, ...servers, "--out", root!, "--json"];
  assert.is(JSON.parse((await spoken(...said)).stdout).keys, 2);
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(houseRoot(), "package.json"), "utf8")) as { version: string };
  assert.is((await narrowboat(scratch(), "--version")).stdout, `${version}\n`);
});

test("another language in the environment changes nothing that scripts may look for", async () => {
  process.env["LC_ALL"] = "de_DE.UTF-8";
  const { stdout } = await narrowboat(scratch(), "--help");
  delete process.env["LC_ALL"];
  assert.match(stdout, /Commands:/);
});

test.run();
