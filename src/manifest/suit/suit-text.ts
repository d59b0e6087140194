// draft-ietf-suit-manifest-37 8.4.4: what a manifest says to people, by language, and by component.

import type { CborValue } from "../../cbor/cbor-value.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";
import { type ComponentId, readComponentId } from "./component-id.ts";

export interface TextOfLanguage {
  /** "en-US". */
  readonly language: string;
  readonly manifest: Texts;
  readonly components: readonly { readonly id: ComponentId; readonly texts: Texts }[];
}

/** By key. */
export type Texts = ReadonlyMap<number, string>;

export const MANIFEST_TEXTS: ReadonlyMap<number, string> = new Map([
  [1, "manifest description"],
  [2, "update description"],
  [3, "JSON source"],
  [4, "YAML source"],
]);

/** 7 and 8 are of update-management. */
export const COMPONENT_TEXTS: ReadonlyMap<number, string> = new Map([
  [1, "vendor name"],
  [2, "model name"],
  [3, "vendor domain"],
  [4, "model info"],
  [5, "component description"],
  [6, "component version"],
  [7, "version required"],
  [8, "current version"],
]);

export const LANGUAGES_MAX = 8;
export const TEXT_LENGTH_MAX = 8192;
const LANGUAGE = /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/;
const TEXTS_MAX = MANIFEST_TEXTS.size + 8;

export function readText(fields: FieldReader, value: CborValue): readonly TextOfLanguage[] {
  const languages = fields.mapWithin("text", value);
  if (languages.size < 1 || languages.size > LANGUAGES_MAX) languages.reject("language", `${languages.size} entries`);
  return [...languages.keys()].map((language) => {
    if (typeof language !== "string" || !LANGUAGE.test(language)) languages.reject("language", "no tag of a language");
    return readLanguage(languages, String(language));
  });
}

function readLanguage(languages: FieldReader, language: string): TextOfLanguage {
  const entries = [...languages.map(language, { min: 1, max: TEXTS_MAX })];
  const manifest = new Map(entries.filter(([key]) => !Array.isArray(key)));
  const components = entries.filter(([key]) => Array.isArray(key));
  return {
    language,
    manifest: readTexts(languages, manifest, MANIFEST_TEXTS),
    components: components.map(([key, texts]) => ({
      id: readComponentId(languages, key),
      texts: readTexts(languages, texts, COMPONENT_TEXTS),
    })),
  };
}

function readTexts(fields: FieldReader, value: CborValue, names: ReadonlyMap<number, string>): Texts {
  const texts = fields.mapWithin("text", value);
  const read = new Map<number, string>();
  for (const key of texts.keys()) {
    if (typeof key === "number" && names.has(key)) read.set(key, texts.text(key, { max: TEXT_LENGTH_MAX }));
    else texts.reject(String(key), "an unknown text");
  }
  return read;
}

export function textValue(text: readonly TextOfLanguage[]): CborValue {
  return new Map(
    text.map(({ language, manifest, components }) => {
      const ofComponents = components.map(({ id, texts }) => [id, texts] as const);
      return [language, new Map<CborValue, CborValue>([...manifest, ...ofComponents])];
    }),
  );
}
