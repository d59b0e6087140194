// Removes a range of keys from a running server's store in one transaction, once its standard input ends: a process of its
// own, so that no client waits for it.

import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { toUtf8 } from "../../src/base/bytes.ts";
import { identityText } from "./target.ts";

const [directory = "", first = "", count = "", identityCount = ""] = process.argv.slice(2);
const database = new DatabaseSync(join(directory, "psk.db"));
const remove = database.prepare("DELETE FROM psk WHERE identity = ?");
process.stdin.resume().once("end", () => {
  database.exec("BEGIN IMMEDIATE");
  for (let i = 0; i < Number(count); i++) remove.run(toUtf8(identityText(Number(first) + i, Number(identityCount))));
  database.exec("COMMIT");
  database.close();
});
console.log("ready");
