import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, callersIn, firstWay, describe as inWords, type Way } from "../../lab/request";
import lab from "../../meshes/lab";
import type { ServiceDeclaration } from "../../model";

const page = (header: string) => `GET /debug HTTP/1.1\n\nheaders:\n\nHost: 10.77.0.11:8080\n${header}\n\nbody:\n\n`;

describe("the first way through a mesh", () => {
  test("of the lab is gateway, frontend, backend", () => {
    expect(firstWay(lab)).toEqual({
      url: "http://10.77.0.11:8080/debug",
      gateway: { name: "ingress-gateway", node: "gateway1" },
      services: [
        { name: "frontend", node: "worker1" },
        { name: "backend", node: "worker2" },
      ],
    });
  });

  test("is missing where the gateway has no listener", () => {
    expect(firstWay({ ...lab, gateways: { empty: { runsOn: ["gateway1"], listeners: [] } } })).toBeUndefined();
  });

  test("ends where upstreams form a circle", () => {
    const { frontend, backend } = lab.services as Record<string, ServiceDeclaration>;
    const services = {
      frontend,
      backend: { ...backend, upstreams: { frontend: { localPort: 5001 } } },
    } as typeof lab.services;
    expect(firstWay({ ...lab, services })?.services.map(({ name }) => name)).toEqual(["frontend", "backend"]);
  });

  test("reads as one line a step", () => {
    const answer = { status: 200, callers: ["spiffe://a.consul/ns/default/dc/dc1/svc/frontend"] };
    expect(inWords(firstWay(lab) as Way, answer)).toBe(
      [
        "GET http://10.77.0.11:8080/debug",
        "-> ingress-gateway on gateway1 (Envoy)",
        "-> frontend on worker1 (mTLS, through its Envoy sidecar)",
        "-> backend on worker2 (mTLS, through its Envoy sidecar)",
        "   which saw its caller as spiffe://a.consul/ns/default/dc/dc1/svc/frontend",
        "<- 200",
      ].join("\n"),
    );
  });
});

describe("the callers that a page shows", () => {
  test("are the URIs of X-Forwarded-Client-Cert, in order", () => {
    const header =
      "X-Forwarded-Client-Cert: By=spiffe://a/svc/frontend;Hash=1;URI=spiffe://a/svc/ingress-gateway," +
      'By=spiffe://a/svc/backend;Hash=2;Subject="";URI=spiffe://a/svc/frontend';
    expect(callersIn(page(header))).toEqual(["spiffe://a/svc/ingress-gateway", "spiffe://a/svc/frontend"]);
  });

  test("are none where the header is missing", () => {
    expect(callersIn(page("Accept: */*"))).toEqual([]);
  });
});

describe("asking", () => {
  async function withServer(statuses: number[], work: (url: string) => Promise<void>): Promise<void> {
    const server = createServer((_request, response) => {
      response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 500).end(page("Accept: */*"));
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/debug`);
    } finally {
      server.close();
    }
  }

  test("goes on until the answer is 200", async () => {
    await withServer([503, 200], async (url) => expect(await ask(url, 5_000)).toEqual({ status: 200, callers: [] }));
  });

  test("ends with the last status", async () => {
    await withServer([503], async (url) => expect(ask(url, 0)).rejects.toThrow(`${url}: status 503`));
  });

  test("ends with the reason why there was no answer", async () => {
    await expect(ask("http://127.0.0.1:1/", 0)).rejects.toThrow("http://127.0.0.1:1/: ");
  });
});
