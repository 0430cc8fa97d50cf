import { randomBytes, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { runProgram } from "./run-program.ts";

/** Whose rights are lent, as PEM files: a user's certificate or a proxy of one (then with the chain in the same file). */
export interface Lender {
  readonly certificate: string;
  readonly key: string;
}

/** Every certificate of a PEM text, the first first. */
export function readChain(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Signs a certificate request as a proxy (RFC 3820) that may do all the lender may, for `days` days but not beyond the
 * lender's own end; gives it with its chain as PEM. Needs the program openssl: Node reads certificates but makes none.
 * Throws `WORKLOAD.BATCH_SYSTEM`.
 */
export async function signProxy(request: string, lender: Lender, days: number): Promise<string> {
  const own = await readFile(lender.certificate, "utf8");
  const [issuer] = readChain(own);
  if (issuer === undefined) {
    throw new AlmagestError("WORKLOAD.BATCH_SYSTEM", `${lender.certificate} holds no certificate.`);
  }
  const leftDays = Math.floor((Date.parse(issuer.validTo) - Date.now()) / 86_400_000);
  if (leftDays < 1) {
    const message = `The certificate ${lender.certificate} ends ${issuer.validTo}, too soon to lend its rights; renew it.`;
    throw new AlmagestError("WORKLOAD.BATCH_SYSTEM", message, { retryable: true });
  }
  const folder = await mkdtemp(join(tmpdir(), "almagest-proxy-"));
  try {
    const file = (name: string): string => join(folder, name);
    const extensions =
      "keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\n";
    await writeFile(file("request.pem"), request);
    await writeFile(file("extensions"), extensions);
    // The subject is the lender's with a number of its own behind it.
    const serial = BigInt(`0x${randomBytes(7).toString("hex")}`).toString();
    const subject = await subjectOf(lender.certificate);
    await runProgram("openssl", [
      ...["x509", "-req", "-in", file("request.pem"), "-CA", lender.certificate, "-CAkey", lender.key],
      ...["-set_serial", serial, "-days", String(Math.min(days, leftDays)), "-sha256"],
      ...["-extfile", file("extensions"), "-subj", `${subject}/CN=${serial}`, "-out", file("proxy.pem")],
    ]);
    return `${await readFile(file("proxy.pem"), "utf8")}${own}`;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A certificate's subject as openssl's options take it: `/DC=org/CN=Alice`. */
async function subjectOf(certificate: string): Promise<string> {
  const options = ["x509", "-in", certificate, "-noout", "-subject", "-nameopt", "compat"];
  return (await runProgram("openssl", options)).replace(/^subject=\s*/, "").trim();
}
