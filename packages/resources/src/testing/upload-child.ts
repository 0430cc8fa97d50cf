import { createS3Store } from "../s3/s3-store.ts";

/** Uploads a file and ends: a process of its own, to be killed. */
const [path, uri] = process.argv.slice(2);
await createS3Store().upload(path!, uri!);
