// The OpenAPI document as the server gives it; other people's tools read it in `npm run test:api-client`.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLS } from "../../src/api/calls/all-calls.ts";
import { OPEN_CALLS } from "../../src/api/calls/open-calls.ts";
import { openApiDocument } from "../../src/api/open-api.ts";

const test = suite("open-api");

const document = JSON.parse(JSON.stringify(openApiDocument(CALLS, OPEN_CALLS, "1.2.3")));

test("every call is in the document, by its name, and nothing but calls and the events", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
  const names = operations.map(({ operationId }) => operationId).sort();
  assert.equal(
    names,
    [...CALLS, ...OPEN_CALLS]
      .map(({ name }) => name)
      .concat("listen")
      .sort(),
  );
});

test("each reference leads to a schema, and each parameter of a path is said", () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
  assert.ok(references.length > 20);
  for (const name of references) assert.ok(name in document.components.schemas, name);
  for (const [path, methods] of Object.entries<Record<string, { parameters: { name: string; in: string }[] }>>(
    document.paths,
  )) {
    const expected = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters } of Object.values(methods)) {
      assert.equal(
        parameters.filter((one) => one.in === "path").map(({ name }) => name),
        expected,
        path,
      );
    }
  }
});

test("what a schema refuses, the document says", () => {
  const { RolloutDraft } = document.components.schemas;
  assert.is(RolloutDraft.additionalProperties, false);
  assert.equal(RolloutDraft.required, ["name", "product", "version", "phases"]);
  assert.equal([RolloutDraft.properties.success.minimum, RolloutDraft.properties.success.maximum], [0, 1]);
});

test.run();
