import { storeFor } from "../store-for.ts";

/** Uploads a file and ends: a process of its own, to be killed. */
const [path, uri] = process.argv.slice(2);
await (await storeFor(uri!)).upload(path!, uri!);
