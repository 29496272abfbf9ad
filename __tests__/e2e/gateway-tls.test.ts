import { request } from "node:https";
import { connect } from "node:tls";
import type { MeshDeclaration } from "../../model";
import { doctorVerdict } from "./support/doctor";
import { consul, declaration, deploy, describeOnLab, freshLab, get, plan } from "./support/mesh";

jest.setTimeout(300_000);

const gateway = "10.77.0.11";
const port = 8443;

/** The lab's mesh with the frontend behind HTTPS as well. */
function behindTls(): MeshDeclaration {
  const mesh = declaration();
  const services = [{ name: "frontend", hosts: ["front.test"] }];
  mesh.gateways!["ingress-gateway"]!.listeners.push({ port, protocol: "http", tls: true, services });
  return mesh;
}

/** Roots of the mesh's own authority. */
async function roots(): Promise<string> {
  const { Roots } = await consul<{ Roots: { RootCert: string }[] }>("connect/ca/roots");
  return Roots.map(({ RootCert }) => RootCert).join("\n");
}

/** A request as a client that believes this authority alone. */
function ask(ca: string, host: string, servername = host): Promise<number> {
  return new Promise((done, reject) => {
    const options = { host: gateway, port, path: "/debug", ca, servername, headers: { Host: host }, agent: false };
    request(options, (answer) => answer.resume().on("end", () => done(answer.statusCode ?? 0)))
      .on("error", reject)
      .end();
  });
}

/** The version that is spoken, or why none is. */
function versionOf(ca: string, maxVersion: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<string> {
  return new Promise((done) => {
    const old = { minVersion: "TLSv1" as const, ciphers: "DEFAULT@SECLEVEL=0" };
    const socket = connect({ host: gateway, port, ca, servername: "front.test", maxVersion, ...old });
    socket.on("secureConnect", () => {
      done(socket.getProtocol() ?? "none");
      socket.destroy();
    });
    socket.on("error", () => done("refused"));
  });
}

describeOnLab("a listener with tls", () => {
  let ca: string;

  beforeAll(async () => {
    await freshLab();
    await deploy(behindTls());
    ca = await roots();
  });

  test("serves its hosts with a certificate that names them", async () => {
    expect(await ask(ca, "front.test")).toBe(200);
    expect(await ask(ca, "other.test", "front.test")).toBe(404);
    await expect(ask(ca, "front.test", "other.test")).rejects.toThrow(/altnames|Hostname/);
  });

  test("speaks TLS 1.2 and newer, and nothing else", async () => {
    expect(await versionOf(ca, "TLSv1.3")).toBe("TLSv1.3");
    expect(await versionOf(ca, "TLSv1.2")).toBe("TLSv1.2");
    expect(await versionOf(ca, "TLSv1.1")).toBe("refused");
    expect((await get(`http://${gateway}:${port}/`)).status).toBe(0);
  });

  test("is as declared, to Terraform and to the doctor", async () => {
    expect(await plan(behindTls())).toEqual([]);
    expect(await doctorVerdict(behindTls())).toEqual([]);
  });

  test("can be made to speak TLS 1.3 alone", async () => {
    const mesh = behindTls();
    mesh.gateways!["ingress-gateway"]!.listeners[1]!.tls = { minVersion: "TLSv1_3" };
    await deploy(mesh);
    for (let tries = 0; tries < 20 && (await versionOf(ca, "TLSv1.2")) !== "refused"; tries++) {
      await new Promise((done) => setTimeout(done, 500));
    }
    expect(await versionOf(ca, "TLSv1.2")).toBe("refused");
    expect(await versionOf(ca, "TLSv1.3")).toBe("TLSv1.3");
  });
});
