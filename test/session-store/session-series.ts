// A process that stores one session over and over, and says after each time how often: a test kills it.

import { toUtf8 } from "../../src/base/bytes.ts";
import { SessionStore } from "../../src/session-store/session-store.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";

const [directory = "", markDirectory = "", from = ""] = process.argv.slice(2);
const store = SessionStore.open({ directory, markDirectory, machineStart: "one", random: new SystemRandom() });
for (let count = Number(from); ; count++) {
  store.save([{ number: 1, lastActiveAt: 0, bytes: toUtf8(`${count}`) }], [], 0);
  process.stdout.write(`${count}\n`);
}
