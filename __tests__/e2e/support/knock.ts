/** Ways to knock at ports of the lab's machines, and what comes of it. */
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { consul } from "./mesh";

/** Milliseconds after which a connection that says nothing counts as one that serves no caller. */
const PATIENCE = 3000;

export interface Attempt {
  /** @default the server's address */
  host?: string;
  port: number;
  /** Said as soon as the connection is there. */
  plain?: string;
  /** Speak TLS, with this certificate if there is one. */
  tls?: Pick<ConnectionOptions, "cert" | "key">;
}

/**
 * `refused`: nothing listens. `no service`: it was closed, or answered with a refusal of TLS or of the request as such.
 * Anything else is what was said.
 */
export function attempt({ host = "10.77.0.10", port, plain, tls }: Attempt): Promise<string> {
  return new Promise((done) => {
    const options = { host, port };
    const said = tls ? "GET /v1/catalog/nodes HTTP/1.1\r\nHost: x\r\n\r\n" : plain;
    const socket: Socket = tls ? connectTls({ ...options, ...tls, rejectUnauthorized: false }) : connect(options);
    finish(socket, tls ? "secureConnect" : "connect", said, done);
  });
}

function finish(socket: Socket, ready: string, said: string | undefined, done: (what: string) => void): void {
  const end = (what: string) => {
    socket.destroy();
    done(what);
  };
  socket.setTimeout(PATIENCE, () => end("silence"));
  socket.on(ready, () => (said === undefined ? end("open") : socket.write(said)));
  socket.on("data", (data) => end(/^HTTP\/1\.\d 400 /.test(String(data)) ? "no service" : String(data).slice(0, 200)));
  socket.on("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED" ? "refused" : "no service"));
  socket.on("close", () => end("no service"));
}

/** Consul's byte that says what is spoken on port 8300: its own protocol as it is, or within TLS. */
const RPC = 0x00;
const RPC_TLS = 0x03;

/** Speaks Consul's own protocol to a server. `closed`: the server hung up before it answered. */
export function rpcOver({ tls }: Pick<Attempt, "tls">): Promise<string> {
  return new Promise((done) => {
    const raw = connect({ host: "10.77.0.10", port: 8300 });
    const end = (what: string) => {
      raw.destroy();
      done(what);
    };
    // The request Status.Leader in msgpack: it needs no rights, so whoever may speak at all is answered.
    const request = Buffer.concat([
      Buffer.from([0x82, 0xad]),
      Buffer.from("ServiceMethod"),
      Buffer.from([0xad]),
      Buffer.from("Status.Leader"),
      Buffer.from([0xa3]),
      Buffer.from("Seq"),
      Buffer.from([0x00, 0x80]),
    ]);
    raw.setTimeout(PATIENCE, () => end("silence"));
    raw.on("error", () => end("closed"));
    raw.on("close", () => end("closed"));
    raw.on("connect", () => {
      raw.write(Buffer.from([tls ? RPC_TLS : RPC]));
      if (!tls) {
        raw.on("data", () => end("answered"));
        raw.write(request);
        return;
      }
      const secure = connectTls({ socket: raw, ...tls, rejectUnauthorized: false });
      secure.on("secureConnect", () => secure.write(Buffer.concat([Buffer.from([RPC]), request])));
      secure.on("data", () => end("answered"));
      secure.on("error", () => end("closed"));
    });
  });
}

/** Where the sidecar of a service's first instance listens. */
export async function sidecarOf(service: string): Promise<{ host: string; port: number }> {
  const [first] = await consul<{ Address: string; ServicePort: number }[]>(`catalog/service/${service}-sidecar-proxy`);
  if (!first) throw new Error(`there is no sidecar of ${service}`);
  return { host: first.Address, port: first.ServicePort };
}

/** Starts Envoy as the frontend's sidecar once more, and prints what it knows of the frontend after some seconds. */
export function frontendsSidecar(token: string): string {
  const envoy = `consul connect envoy -sidecar-for frontend -admin-bind 127.0.0.1:19998 ${token}`;
  return `
timeout 60 ${envoy} $(sed 's/^GATEHOUSE_ENVOY_FLAGS=//' /opt/gatehouse/node.env) >/run/envoy.log 2>&1 &
for try in $(seq 300); do curl -s 127.0.0.1:19998/clusters | grep -q ^local_agent && break; sleep 0.1; done
sleep 3
curl -s -m 2 127.0.0.1:19998/clusters | grep -oE '^local_app|^local_agent' | sort -u
kill %1 2>/dev/null
wait`;
}

/** `curl`'s end of a command that calls as a service of this machine, with that service's token and certificate. */
export function withLeafOf(service: string, curl: string): string {
  return `leaf=$(curl -s -H @<(printf 'X-Consul-Token: %s\\n' "$(cat /opt/gatehouse/secrets/${service}.token)") 127.0.0.1:8500/v1/agent/connect/ca/leaf/${service})
curl -sk -m 3 --cert <(jq -r .CertPEM <<<"$leaf") --key <(jq -r .PrivateKeyPEM <<<"$leaf") ${curl}`;
}
