// Everything that `npm run bench` measures, in this order.

import type { Scene } from "./bench.ts";
import { atRestScene } from "./scenes/at-rest.ts";
import { blockScenes } from "./scenes/blocks.ts";
import { busyMemoryScene } from "./scenes/busy-memory.ts";
import { firstRequestScene } from "./scenes/first-request.ts";
import { floodScene } from "./scenes/flood.ts";
import { floodScenes } from "./scenes/floods.ts";
import { handshakeScene } from "./scenes/handshakes.ts";
import { idleScene } from "./scenes/idle.ts";
import { keyRemovalScene } from "./scenes/key-removal.ts";
import { largeStoreScene } from "./scenes/large-store.ts";
import { linkQueriesScene } from "./scenes/link-queries.ts";
import { oneAddressScene } from "./scenes/one-address.ts";
import { startUpScene } from "./scenes/start-up.ts";

export function allScenes(): readonly Scene[] {
  return [
    ...blockScenes(),
    atRestScene,
    idleScene,
    busyMemoryScene,
    handshakeScene,
    floodScene,
    ...floodScenes(),
    linkQueriesScene,
    firstRequestScene,
    keyRemovalScene,
    oneAddressScene,
    startUpScene,
    largeStoreScene,
  ];
}
