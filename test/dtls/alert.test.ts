import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AlertDescription, type AlertName, alertText, decodeAlert, encodeAlert } from "../../src/dtls/alert.ts";
import { hex } from "../vectors/dtls.ts";

const alert = suite("alert");

alert("RFC 5246 7.2: alerts on the wire", () => {
  assert.equal(encodeAlert("warning", "close_notify"), hex("0100"));
  assert.equal(encodeAlert("fatal", "decrypt_error"), hex("0233"));
  assert.equal(encodeAlert("fatal", "unknown_psk_identity"), hex("0273"));
});

alert("RFC 5246 7.2: every alert that is written is read again and has its name", () => {
  for (const [name, description] of Object.entries(AlertDescription)) {
    assert.equal(decodeAlert(encodeAlert("fatal", name as AlertName)), { level: "fatal", description });
    assert.is(alertText(description), name);
  }
});

alert("RFC 5246 7.2: a description without a name here is an alert all the same", () => {
  assert.equal(decodeAlert(hex("01c8")), { level: "warning", description: 200 });
  assert.is(alertText(200), "alert 200");
});

for (const bytes of ["", "02", "020000", "0000", "0300", "ff00"]) {
  alert(`RFC 5246 7.2: the bytes [${bytes}] are no alert`, () => {
    assert.is(decodeAlert(hex(bytes)), undefined);
  });
}

alert.run();
