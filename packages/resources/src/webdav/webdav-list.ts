import { decodePath, encodePath } from "../remote-uri.ts";
import type { ResourceInfo } from "../resource-store.ts";
import { parseXmlReply, type XmlNode } from "../xml-reply.ts";
import { type SendWeb, webRefusal } from "./webdav-client.ts";

interface Entry {
  /** Decoded path, without the slash at the end. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

const ASKED = Buffer.from(
  `<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>`,
);

/** The decoded path of an `href`. XRootD 5.5 writes paths as they are, which shows where a character needs encoding, or in the
 * folder's own entry. */
function pathOf(href: string, isPlain: boolean): string {
  const path = href.replace(/^[a-z]+:\/\/[^/]*/i, "").replace(/\/+$/, "");
  return isPlain || !/^[\x21-\x7e]*$/.test(path) || /[#"<>]|%(?![0-9A-Fa-f]{2})/.test(path)
    ? path
    : decodePath(path);
}

function toEntry(response: XmlNode, isPlain: boolean): Entry {
  const property = response
    .all("propstat")
    .filter((state) => / 200 /.test(`${state.textOf("status")} `))
    .flatMap((state) => state.all("prop"));
  const text = (name: string): string =>
    property.map((prop) => prop.textOf(name)).find((value) => value !== "") ?? "";
  const href = response.textOf("href").trim();
  const isFolder =
    href.endsWith("/") || property.some((prop) => prop.all("resourcetype")[0]?.all("collection").length);
  return {
    path: pathOf(href, isPlain),
    isFolder: Boolean(isFolder),
    sizeBytes: Number(text("getcontentlength") || 0),
    modifiedMs: Date.parse(text("getlastmodified")),
  };
}

/** Every file below a folder (its URL ends with `/`), folder by folder. */
export async function* listWebdav(
  send: SendWeb,
  folderUrl: string,
  uriPrefix: string,
): AsyncGenerator<ResourceInfo> {
  const base = decodePath(new URL(folderUrl).pathname).replace(/\/+$/, "");
  const waiting = [folderUrl];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    const request = {
      method: "PROPFIND",
      url,
      headers: { depth: "1", "content-type": "application/xml" },
      body: ASKED,
    };
    const reply = await send(request);
    if (reply.status === 404) continue;
    if (reply.status !== 207) throw webRefusal(request, reply);
    const own = decodePath(new URL(url).pathname).replace(/\/+$/, "");
    const responses = parseXmlReply(reply.body, url).all("response");
    const isPlain =
      own.includes("%") && responses.some((one) => one.textOf("href").replace(/\/+$/, "") === own);
    for (const response of responses) {
      const entry = toEntry(response, isPlain);
      if (entry.path === own || !entry.path.startsWith(`${own}/`)) continue;
      if (entry.isFolder) {
        waiting.push(`${new URL(url).origin}${encodePath(entry.path)}/`);
        continue;
      }
      const { sizeBytes, modifiedMs } = entry;
      yield {
        uri: uriPrefix + encodePath(entry.path.slice(base.length + 1)),
        sizeBytes,
        ...(Number.isNaN(modifiedMs) ? {} : { modifiedMs }),
      };
    }
  }
}
