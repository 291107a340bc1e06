/** A certificate authority of the test's own, and what trusts it. */
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import https from "node:https";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Makes an authority and a certificate of its for `name`, as files in `directory`. */
export async function certify(directory, name) {
  const at = (file) => path.join(directory, file);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const openssl = (...args) => run("openssl", args, { cwd: directory });
  const self = ["req", "-x509", ...key, "-days", "2", "-subj", "/CN=Test"];
  await openssl(...self, "-keyout", at("ca.key"), "-out", at("ca.pem"));
  await openssl("req", ...key, "-keyout", at("site.key"), "-out", at("site.csr"), "-subj", `/CN=${name}`);
  await writeFile(at("site.cnf"), `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
  const issue = ["x509", "-req", "-in", at("site.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
  await openssl(...issue, "-out", at("site.pem"), "-days", "2", "-extfile", at("site.cnf"));
  const ca = await readFile(at("ca.pem"), "utf8");
  const chain = at("chain.pem");
  await writeFile(chain, (await readFile(at("site.pem"), "utf8")) + ca);
  return { ca, chain, key: at("site.key"), chromiumFlag: trustFlag(ca) };
}

/** Chromium trusts whatever this authority signed, and nothing else that is new. */
function trustFlag(ca) {
  const spki = new X509Certificate(ca).publicKey.export({ type: "spki", format: "der" });
  return `--ignore-certificate-errors-spki-list=${createHash("sha256").update(spki).digest("base64")}`;
}

/** A JSON call over TLS that trusts `ca` alone; `name` is what the certificate says, the server is on this machine. */
export function call({ ca, name, port }, route, { method = "GET", body, headers = {} } = {}) {
  const options = {
    ca,
    host: "127.0.0.1",
    port,
    path: route,
    method,
    servername: name,
    headers: { "Content-Type": "application/json", Host: `${name}:${port}`, ...headers },
  };
  return new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        if (response.statusCode >= 300) reject(new Error(`${method} ${route}: ${response.statusCode} ${text}`));
        else resolve(text ? JSON.parse(text) : null);
      });
    });
    request.on("error", reject).end(body && JSON.stringify(body));
  });
}
