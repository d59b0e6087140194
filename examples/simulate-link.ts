// How long a device takes for 4 KiB on NB-IoT in bad coverage: the server and the device that ship, in virtual time.

import { instant } from "narrowboat/base/instant";
import { nodeCrypto } from "narrowboat/crypto/node-crypto";
import { dialectNamed } from "narrowboat/device/dialect";
import { profileNamed } from "narrowboat/sim/profiles/profiles";
import { Simulation } from "narrowboat/sim/simulation";

const [profile, dialect] = [profileNamed("nb-iot-ce2"), dialectNamed("own")];
const link = { seed: 1, crypto: nodeCrypto(), profile, dialect, imageLength: 4_096, deviceCount: 1 };
const simulation = new Simulation(link);
simulation.run(instant(24 * 3_600_000));
console.log(`${simulation.devices[0]!.outcome!.kind} in ${simulation.devices[0]!.outcome!.seconds.toFixed(0)} s`);
