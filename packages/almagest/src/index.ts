/** @module The command line as a library: `main` runs one command line and gives its exit code. */
export { ALMAGEST_ERRORS } from "./errors.ts";
export { createProgram, main } from "./main.ts";
export { formatters, RUNTIME_URL, tasks } from "./runtime.ts";
