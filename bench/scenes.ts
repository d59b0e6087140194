// Everything that `npm run bench` measures, in this order.

import type { Scene } from "./bench.ts";
import { blockScenes } from "./scenes/blocks.ts";
import { busyMemoryScene } from "./scenes/busy-memory.ts";
import { floodScene } from "./scenes/flood.ts";
import { handshakeScene } from "./scenes/handshakes.ts";
import { idleScene } from "./scenes/idle.ts";
import { startUpScene } from "./scenes/start-up.ts";

export function allScenes(): readonly Scene[] {
  return [...blockScenes(), idleScene, busyMemoryScene, handshakeScene, floodScene, startUpScene];
}

/** Those whose id is or begins with one of these words: "blocks.plain" is all of plain CoAP. Throws for a word of none. */
export function scenesNamed(words: readonly string[]): readonly Scene[] {
  const scenes = allScenes();
  const names = (word: string, { id }: Scene) => id === word || id.startsWith(`${word}.`);
  const unknown = words.find((word) => !scenes.some((scene) => names(word, scene)));
  if (unknown !== undefined) throw new Error(`no scene is called "${unknown}": see --list`);
  return words.length === 0 ? scenes : scenes.filter((scene) => words.some((word) => names(word, scene)));
}
