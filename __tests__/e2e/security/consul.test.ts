/** Attempts of a person with one of the mesh's tokens, with none, or with only a place in the network. */

import type { KeyPair } from "../../../mesh-secrets";
import { makeAuthority, makeServerCertificate, readSecrets } from "../../../mesh-secrets";
import { attempt, frontendsSidecar, rpcOver, sidecarOf } from "../support/knock";
import { consul, declaration, deploy, describeOnLab, freshLab, on } from "../support/mesh";

jest.setTimeout(300_000);

/** Lines of a token's owner, who is on which machine, and what is tried there. */
type Attempts = [what: string, method: string, path: string, body?: object];

/** `curl` at the machine's own agent, with the token of that name; the status of the answer. */
function askAs(machine: string, token: string, [, method, path, body]: Attempts): Promise<string> {
  const file = `/opt/gatehouse/secrets/${token}.token`;
  const header = token === "" ? "" : `-H @<(printf 'X-Consul-Token: %s\\n' "$(cat ${file})")`;
  const data = body ? `--data '${JSON.stringify(body)}'` : "";
  return on(
    machine,
    // A server that refuses a stream may close it before the agent has read why: then it is 500, and asked again. Into a
    // file, since curl cannot empty /dev/null between two tries.
    `f=$(mktemp); curl -s --retry 5 --retry-delay 1 -o "$f" -w '%{http_code}' -X ${method} ${header} ${data} '127.0.0.1:8500/v1/${path}'; rm "$f"`,
  );
}

const allow = (destination: string) => ({
  Kind: "service-intentions",
  Name: destination,
  Sources: [{ Name: "*", Action: "allow" }],
});

/** Requests that no token on a worker may make. */
const forbidden: Attempts[] = [
  ["register another service", "PUT", "agent/service/register", { Name: "frontend", Port: 6666 }],
  ["register in the catalogue", "PUT", "catalog/register", { Node: "server1", Address: "10.77.0.99" }],
  ["take a node out of the catalogue", "PUT", "catalog/deregister", { Node: "server1" }],
  ["take another's certificate and key", "GET", "agent/connect/ca/leaf/frontend"],
  ["read the key-value store", "GET", "kv/config/frontend"],
  ["write it", "PUT", "kv/config/frontend", {}],
  ["let everybody call it", "PUT", "config", allow("backend")],
  ["let everybody call everybody", "PUT", "config", allow("*")],
  ["change how another is called", "PUT", "config", { Kind: "service-resolver", Name: "frontend" }],
  ["change every proxy", "PUT", "config", { Kind: "proxy-defaults", Name: "global", Config: { protocol: "tcp" } }],
  ["change the gateway's routes", "PUT", "config", { Kind: "ingress-gateway", Name: "ingress-gateway" }],
  ["list tokens", "GET", "acl/tokens"],
  ["make a token", "PUT", "acl/token", { Description: "mine" }],
  ["take the agent's gossip keys", "GET", "operator/keyring"],
  ["take the state of the cluster", "GET", "snapshot"],
];

describeOnLab("in a locked mesh", () => {
  beforeAll(async () => {
    await freshLab();
    await deploy(declaration());
  });

  describe.each([
    ["a service's", "worker2", "backend"],
    ["a gateway's", "gateway1", "ingress-gateway"],
    ["a machine's", "worker2", "_agent"],
    ["no", "worker2", ""],
  ])("with %s token no one may", (_, machine, token) => {
    test.each(forbidden)("%s", async (...what) => expect(await askAs(machine, token, what)).toBe("403"));
  });

  test("a service's token says nothing to the agent itself", async () => {
    for (const [method, path] of [
      ["GET", "agent/self"],
      ["PUT", "agent/reload"],
      ["PUT", "agent/leave"],
      ["PUT", "agent/token/default"],
      ["PUT", "agent/maintenance?enable=true"],
    ] as const) {
      expect(`${path} ${await askAs("worker2", "backend", ["", method, path, {}])}`).toBe(`${path} 403`);
    }
  });

  test("without a token nothing is shown", async () => {
    expect(await on("worker2", "curl -s 127.0.0.1:8500/v1/agent/services")).toBe("{}");
    expect(await on("worker2", "curl -s 127.0.0.1:8500/v1/catalog/nodes")).toBe("[]");
    expect(await on("worker2", "curl -s 127.0.0.1:8500/v1/config/service-defaults")).toBe("[]");
  });

  test("Envoy gets no configuration of a service with another's token, nor with none", async () => {
    const stolen = await on("worker2", "cat /opt/gatehouse/secrets/backend.token");
    await on("worker1", `umask 077; cat >/run/backend.token <<<'${stolen}'`);
    // Envoy starts, and knows only the agent, which refuses it.
    const withAnothers = frontendsSidecar("-token-file /run/backend.token");
    expect(await on("worker1", `${withAnothers}; rm -f /run/backend.token`)).toBe("local_agent");
    expect(await on("worker1", frontendsSidecar(""))).toBe(""); // it does not even start
    // With its own it does: the attempt itself is sound.
    expect(await on("worker1", frontendsSidecar("-token-file /opt/gatehouse/secrets/frontend.token"))).toBe(
      "local_agent\nlocal_app",
    );
  });

  test("a machine does not join without a token, nor without the gossip key", async () => {
    const joined = async (settings: string) => {
      await on("worker1", attemptToJoin(settings));
      const nodes = await consul<{ Node: string }[]>("catalog/nodes");
      return nodes.some(({ Node }) => Node === "intruder");
    };
    const key = `encrypt = "$(jq -r .encrypt /etc/consul.d/gatehouse-secrets.json)"`;
    const token = `acl { tokens { agent = "$(cat /opt/gatehouse/secrets/_agent.token)" } }`;
    expect(await joined(key)).toBe(false);
    expect(await joined(token)).toBe(false);
    expect(await on("worker1", "grep -c 'Permission denied\\|lacks permission' /run/intruder/log || true")).not.toBe(
      "",
    );
    // worker1's own token is good for worker1 alone.
    expect(await joined(`${key}\n${token}`)).toBe(false);
  });

  describe("from elsewhere in the network", () => {
    let foreign: KeyPair;
    beforeAll(async () => {
      const authority = await makeAuthority("lab", new Date());
      const names = { node: "server1", datacenter: "dc1", address: "10.77.0.10" };
      foreign = await makeServerCertificate(authority, names, new Date());
    });

    test("plain text is answered nowhere", async () => {
      expect(await attempt({ port: 8500 })).toBe("refused");
      expect(await attempt({ port: 8502 })).toBe("refused");
      for (const port of [8501, 8503])
        expect(await attempt({ port, plain: "GET / HTTP/1.0\r\n\r\n" })).toBe("no service");
      expect(await rpcOver({})).toBe("closed");
      expect(await attempt({ ...(await sidecarOf("frontend")), plain: "GET / HTTP/1.0\r\n\r\n" })).toBe("no service");
    });

    test("a server has no port for DNS or for gossip between datacenters", async () => {
      for (const port of [8302, 8600]) expect(`${port} ${await attempt({ port })}`).toBe(`${port} refused`);
      expect(await on("server1", "ss -Hlnu 'sport = :8600 or sport = :8302' | awk '{print $4}'")).toBe(
        "127.0.0.1:8600",
      );
    });

    test("neither is TLS without a certificate", async () => {
      for (const port of [8501, 8503]) expect(await attempt({ port, tls: {} })).toBe("no service");
      expect(await rpcOver({ tls: {} })).toBe("closed");
      expect(await attempt({ ...(await sidecarOf("frontend")), tls: {} })).toBe("no service");
    });

    test("nor with one of another authority", async () => {
      for (const port of [8501, 8503]) expect(await attempt({ port, tls: foreign })).toBe("no service");
      expect(await rpcOver({ tls: foreign })).toBe("closed");
      expect(await attempt({ ...(await sidecarOf("frontend")), tls: foreign })).toBe("no service");
    });

    test("but with one of the mesh's own, so the attempts are sound", async () => {
      const { server1 } = readSecrets("lab")?.servers ?? {};
      expect(await attempt({ port: 8501, tls: server1 })).toMatch(/^HTTP/);
      expect(await rpcOver({ tls: server1 })).toBe("answered");
    });

    test("a worker's agent has no port for HTTP or gRPC", async () => {
      for (const port of [8500, 8501, 8502, 8503]) {
        expect(`${port} ${await attempt({ host: "10.77.0.12", port })}`).toBe(`${port} refused`);
      }
    });
  });

  test("on a worker xDS is not to be had in plain text", async () => {
    expect(
      await on("worker1", "curl -s -m 3 --http2-prior-knowledge http://127.0.0.1:8503/ -o /dev/null; echo $?"),
    ).not.toBe("0");
    expect(await on("worker1", "curl -s -m 3 http://127.0.0.1:8502/ -o /dev/null; echo $?")).toBe("7");
  });
});

/** A second agent on the machine, which tries to become the node `intruder` for some seconds. */
function attemptToJoin(settings: string): string {
  return `
rm -rf /run/intruder; mkdir -m 700 -p /run/intruder/data; cd /run/intruder
cat >agent.hcl <<HCL
datacenter = "dc1"
node_name  = "intruder"
data_dir   = "/run/intruder/data"
bind_addr  = "10.77.0.12"
client_addr = "127.0.0.1"
retry_join = ["10.77.0.10"]
disable_update_check = true
acl { enabled = true }
tls {
  defaults {
    ca_file = "/etc/consul.d/tls/ca.pem"
    verify_outgoing = true
  }
}
auto_encrypt { tls = true }
ports {
  serf_lan = 18301
  http     = 18500
  dns      = -1
}
${settings}
HCL
timeout 8 consul agent -config-file agent.hcl >log 2>&1 || true
rm -rf data agent.hcl`;
}
