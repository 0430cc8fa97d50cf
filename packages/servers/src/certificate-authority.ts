import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** A certificate with its key, as PEM files. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
  /** Distinguished name as grid software writes it, such as `/DC=test/DC=site/OU=people/CN=Alice`. */
  readonly subject: string;
}

/** A certificate authority for tests, with the files that grid software looks for. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  /** Folder with certificate, signing policy and revocation list under the names of both hash kinds (X509_CERT_DIR). */
  readonly folder: string;
  /** A certificate for this machine, good as `localhost`, its name and 127.0.0.1. */
  issueHost(): Credential;
  /** A certificate of a person or robot. */
  issueUser(name: string): Credential;
}

const ROOT = "/DC=test/DC=site";

const openssl = (...args: readonly string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Makes an authority whose files are in `home`, which must exist. Needs openssl. */
export function createCertificateAuthority(home: string): CertificateAuthority {
  const folder = join(home, "certificates");
  mkdirSync(folder);
  const file = (name: string): string => join(home, name);
  const subject = `${ROOT}/CN=Almagest Test CA`;
  const [key, certificate] = [file("ca.key"), file("ca.pem")];
  openssl(
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30", "-subj", subject],
    ...["-keyout", key, "-out", certificate, "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  const policy = [
    `access_id_CA    X509    '${subject}'`,
    "pos_rights      globus  CA:sign",
    `cond_subjects   globus  '"${ROOT}/*"'`,
    "",
  ].join("\n");
  writeFileSync(file("ca.cnf"), revocationConfig(home));
  writeFileSync(file("index.txt"), "");
  writeFileSync(file("crlnumber"), "1000\n");
  const list = file("crl.pem");
  openssl("ca", "-config", file("ca.cnf"), "-gencrl", "-keyfile", key, "-cert", certificate, "-out", list);
  const policyFile = file("ca.signing_policy");
  writeFileSync(policyFile, policy);
  for (const kind of ["-subject_hash", "-subject_hash_old"]) {
    const hash = openssl("x509", "-in", certificate, "-noout", kind).trim();
    symlinkSync(certificate, join(folder, `${hash}.0`));
    symlinkSync(policyFile, join(folder, `${hash}.signing_policy`));
    symlinkSync(list, join(folder, `${hash}.r0`));
  }
  const issue = (name: string, dn: string, extensions: readonly string[]): Credential => {
    const [own, request, signed, wanted] = ["key", "csr", "pem", "ext"].map((end) =>
      file(`${name}.${end}`),
    ) as [string, string, string, string];
    writeFileSync(wanted, ["basicConstraints=critical,CA:FALSE", ...extensions, ""].join("\n"));
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", own, "-out", request, "-subj", dn);
    openssl(
      ...["x509", "-req", "-in", request, "-CA", certificate, "-CAkey", key, "-CAcreateserial"],
      ...["-days", "30", "-sha256", "-extfile", wanted, "-out", signed],
    );
    chmodSync(own, 0o400);
    return { certificate: signed, key: own, subject: dn };
  };
  const usage = "keyUsage=critical,digitalSignature,keyEncipherment";
  return {
    certificate,
    folder,
    issueHost: () =>
      issue("host", `${ROOT}/OU=hosts/CN=${hostname()}`, [
        usage,
        "extendedKeyUsage=serverAuth,clientAuth",
        `subjectAltName=DNS:${hostname()},DNS:localhost,IP:127.0.0.1`,
      ]),
    issueUser: (name) =>
      issue(`user-${name.replaceAll(/\W+/g, "-")}`, `${ROOT}/OU=people/CN=${name}`, [
        usage,
        "extendedKeyUsage=clientAuth",
      ]),
  };
}

const revocationConfig = (home: string): string => `[ca]
default_ca=authority
[authority]
database=${home}/index.txt
crlnumber=${home}/crlnumber
default_md=sha256
default_crl_days=30
`;
