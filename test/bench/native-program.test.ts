import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeLoadAbsence } from "../../bench/load/crowd.ts";
import { compiled, NativeAbsence } from "../../bench/native-program.ts";

const native = suite("native-program");

if (nativeLoadAbsence() === undefined) {
  native("the C parts compile without a warning", () => {
    compiled("crowd.c", "addon", ["-Werror"]);
    compiled("echo.c", "program", ["-Werror"]);
  });
} else console.log(`\nskipped: ${nativeLoadAbsence()}`);

native("without a compiler the reason is one line", () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "";
  try {
    compiled("echo.c", "program", ["-DFRESH"]);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, NativeAbsence);
    assert.match((error as Error).message, /^no C compiler \(apt install gcc\)$/);
  } finally {
    process.env["PATH"] = path;
  }
});

native.run();
