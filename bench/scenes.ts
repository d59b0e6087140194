// Everything that `npm run bench` measures, in this order.

import type { Scene } from "./bench.ts";
import { blockScenes } from "./scenes/blocks.ts";
import { busyMemoryScene } from "./scenes/busy-memory.ts";
import { floodScene } from "./scenes/flood.ts";
import { handshakeScene } from "./scenes/handshakes.ts";
import { idleScene } from "./scenes/idle.ts";
import { largeStoreScene } from "./scenes/large-store.ts";
import { startUpScene } from "./scenes/start-up.ts";

export function allScenes(): readonly Scene[] {
  return [...blockScenes(), idleScene, busyMemoryScene, handshakeScene, floodScene, startUpScene, largeStoreScene];
}
