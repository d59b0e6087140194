// The words after `narrowboat`: which command. A command's file is loaded when it is the one that is asked for, so that
// `--help` need not wait for databases.

import { addFleetCommands } from "./fleet/fleet-commands.ts";
import { addCommand, createParser, parse } from "./parser.ts";

/** Runs the command that `words` name. Throws CommandError for words that make no sense, and what the command throws. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const parser = createParser(words).usage("$0 <command> [options]");
  addCommand(parser, "serve", "Serve images to devices", () => import("./serve/serve.ts"));
  addCommand(parser, "publish <file>", "Add a firmware image", () => import("./publish.ts"));
  addCommand(parser, "inspect <file>", "What an image's file is", () => import("./inspect/inspect.ts"));
  addCommand(parser, "images", "List the published images", () => import("./images.ts"));
  parser.command("psk <command>", "Keys of devices: add, list, remove, import", async (psk) => {
    const { add, list, remove, importKeys } = await import("./psk.ts");
    psk.demandCommand(1, "say what to do with keys: psk add, psk list, psk remove or psk import");
    addCommand(psk, "add <identity>", "Add a device's key", async () => add);
    addCommand(psk, "list", "List identities, never keys", async () => list);
    addCommand(psk, "remove <identity>", "Remove a key and end its sessions", async () => remove);
    addCommand(psk, "import <file>", "Add the keys of a CSV file", async () => importKeys);
  });
  addCommand(
    parser,
    "release <file>",
    "Sign an image, and serve it or make a bundle",
    () => import("./release/release.ts"),
  );
  addCommand(parser, "verify <what>", "What can be proved about a release", () => import("./verify/verify.ts"));
  addCommand(parser, "keygen <file>", "Make a maker's key", () => import("./keygen.ts"));
  parser.command("trust <command>", "Keys that the server believes: add, list, revoke", async (trust) => {
    const { add, list, revoke } = await import("./trust.ts");
    trust.demandCommand(1, "say what to do with keys: trust add, trust list, trust revoke or trust root");
    addCommand(trust, "add <file>", "Believe what a key signs", async () => add);
    addCommand(trust, "list", "List them, and this server's own", async () => list);
    addCommand(trust, "revoke <keyid>", "Believe a key no longer, for good", async () => revoke);
    addCommand(trust, "root", "Sign whom a product's devices shall believe", () => import("./trust-root.ts"));
  });
  parser.command(
    "log <command>",
    "The registry of what was decided: checkpoint, prove, verify, witness",
    async (log) => {
      const { checkpoint, prove, verify } = await import("./log/log.ts");
      log.demandCommand(1, "say what to do with the registry: log checkpoint, log prove, log verify or log witness");
      addCommand(log, "checkpoint", "What it says of itself, signed", async () => checkpoint);
      addCommand(log, "prove", "That something is in it, or that it only grew", async () => prove);
      addCommand(log, "verify [file]", "What a proof shows, offline", async () => verify);
      addCommand(log, "witness", "Sign what other registries say, if they only grew", () => import("./log/witness.ts"));
    },
  );
  parser.command("class <command>", "Classes of devices: set, list", async (classes) => {
    const { set, list } = await import("./device-class.ts");
    classes.demandCommand(1, "say what to do with classes: class set or class list");
    addCommand(classes, "set <name>", "Say what the devices of a class know", async () => set);
    addCommand(classes, "list", "List them", async () => list);
  });
  addCommand(parser, "way-back <product>", "Send everybody back from a version", () => import("./way-back.ts"));
  parser.command("key <command>", "The master key of the data directory: show, rotate", async (key) => {
    const { rotate, show } = await import("./key.ts");
    key.demandCommand(1, "say what to do with the master key: key show or key rotate");
    addCommand(key, "show", "Which master key it is, by its name", async () => show);
    addCommand(key, "rotate", "Go over to a new one; nothing but the data keys is written anew", async () => rotate);
  });
  addCommand(parser, "pull <uri>", "Fetch an image as a device does", () => import("./pull/pull.ts"));
  addFleetCommands(parser);
  addCommand(parser, "crowd <uri>", "Many devices at once, until Ctrl-C", () => import("./crowd/crowd.ts"));
  addCommand(parser, "tune", "Find the block size, timers and window for a network", () => import("./tune/tune.ts"));
  addCommand(parser, "link", "A lossy link in front of a server", () => import("./link/link.ts"));
  addCommand(parser, "profiles [name]", "Link profiles and the source of every figure", () => import("./profiles.ts"));
  await parse(parser.demandCommand(1, "say what to do"), words);
}
