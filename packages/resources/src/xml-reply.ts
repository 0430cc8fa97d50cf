import { AlmagestError } from "@almagest/base";
import { parseXml, XmlElement } from "@rgrove/parse-xml";

/** An element of an XML reply: its name without prefix, its text, its children. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  /** Children of a name, in order. */
  all(name: string): XmlNode[];
  /** Text of the first child of a name; empty when there is none. */
  textOf(name: string): string;
}

function toNode(element: XmlElement): XmlNode {
  const all = (name: string): XmlNode[] =>
    element.children
      .filter((child): child is XmlElement => child instanceof XmlElement && localName(child) === name)
      .map(toNode);
  return { name: localName(element), text: element.text, all, textOf: (name) => all(name)[0]?.text ?? "" };
}

function localName(element: XmlElement): string {
  return element.name.slice(element.name.indexOf(":") + 1);
}

/** The root of an XML reply. Throws `RESOURCES.REPLY_INVALID`. */
export function parseXmlReply(body: Uint8Array, from: string): XmlNode {
  try {
    const { root } = parseXml(new TextDecoder("utf-8").decode(body));
    if (root !== null) return toNode(root);
  } catch (cause) {
    throw new AlmagestError(
      "RESOURCES.REPLY_INVALID",
      `${from} did not answer in XML: ${(cause as Error).message.split("\n")[0]}.`,
      { cause },
    );
  }
  throw new AlmagestError("RESOURCES.REPLY_INVALID", `${from} answered an empty document.`);
}
