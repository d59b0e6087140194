// Which resource a request means. Clients differ in how they write a path: nRF Connect SDK leaves the query in the last
// Uri-Path option, Golioth puts a path with slashes into one option. All of them mean the same resource.

export interface ResourcePath {
  readonly segments: readonly string[];
  readonly queries: readonly string[];
}

export function resourcePath(path: readonly string[], queries: readonly string[]): ResourcePath {
  if (!path.some((segment) => segment === "" || segment.includes("/") || segment.includes("?"))) {
    return { segments: path, queries };
  }
  const whole = path.join("/");
  const queryAt = whole.indexOf("?");
  const segments = (queryAt < 0 ? whole : whole.slice(0, queryAt)).split("/").filter((segment) => segment !== "");
  const written = queryAt < 0 ? [] : whole.slice(queryAt + 1).split("&");
  return { segments, queries: [...written, ...queries] };
}
