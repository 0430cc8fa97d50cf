import { KERNELS_WASM } from "../generated/kernels-wasm.ts";
import type { KernelExports } from "./exports.ts";

/** Room between blocks, so that a kernel may read a vector or two past the ends of a row. */
const SLACK = 64;
const PAGE = 65536;

/** A block of the module's memory: its byte offset and a view of it. */
export interface Block<T> {
  readonly at: number;
  readonly view: T;
}

/** The kernels and the memory of one call; blocks are valid until the next `openArena` of the thread. */
export interface Arena {
  readonly kernels: KernelExports;
  floats(count: number): Block<Float32Array>;
  doubles(count: number): Block<Float64Array>;
  words(count: number): Block<Uint32Array>;
  integers(count: number): Block<Int32Array>;
  bytes(count: number): Block<Uint8Array>;
}

/** The part of the WebAssembly interface used here; TypeScript declares it only among the browser's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

let instance: KernelExports | undefined;

/** The thread's own instance, compiled when first needed. */
function loadKernels(): KernelExports {
  if (instance) return instance;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const bytes = Uint8Array.from(atob(KERNELS_WASM), (character) => character.charCodeAt(0));
  instance = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as KernelExports;
  return instance;
}

/** Starts a call that needs about `bytes` of memory in up to `blocks` blocks; what an earlier call laid out is lost. */
export function openArena(bytes: number, blocks = 32): Arena {
  const kernels = loadKernels();
  let next = kernels.heapBase() + SLACK;
  const need = next + bytes + blocks * (SLACK + 16);
  const missing = need - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / PAGE));
  const { buffer } = kernels.memory;
  const take = (size: number): number => {
    const at = Math.ceil(next / 16) * 16;
    next = at + size + SLACK;
    return at;
  };
  return {
    kernels,
    floats(count) {
      const at = take(count * 4);
      return { at, view: new Float32Array(buffer, at, count) };
    },
    doubles(count) {
      const at = take(count * 8);
      return { at, view: new Float64Array(buffer, at, count) };
    },
    words(count) {
      const at = take(count * 4);
      return { at, view: new Uint32Array(buffer, at, count) };
    },
    integers(count) {
      const at = take(count * 4);
      return { at, view: new Int32Array(buffer, at, count) };
    },
    bytes(count) {
      const at = take(count);
      return { at, view: new Uint8Array(buffer, at, count) };
    },
  };
}
