// The package brings no types of its own.

declare module "node-gyp-build" {
  /** Loads the add-on of the package in `directory`, a prebuilt one or the one built there; throws where there is none. */
  function load(directory: string): unknown;
  export = load;
}
