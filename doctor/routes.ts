/** Every route through every gateway, tried from here as a client would. */
import { request as plainRequest } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { request as tlsRequest } from "node:https";
import { connect } from "node:net";
import type { Gateway, Mesh, MeshNode } from "../model";
import { mapLimit } from "../nodes";
import { type Route, routesOf } from "../templates";
import { about, drift, Layer, type Symptom } from "./causes";
import { needs, verdict } from "./reach";

/** Milliseconds for one attempt. */
const TIMEOUT = 5000;
/** The answer to a request. `status` is 0 where none arrived. */
interface Answer {
  status: number;
  /** Whether a service answered, or Envoy itself. */
  ofService: boolean;
  said: string;
  /** The gateway's node cannot be reached from here. */
  unreachable?: boolean;
}

/** Tries them all, some at a time. */
export async function tryRoutes(mesh: Mesh): Promise<Symptom[]> {
  const tries = mesh.gateways.flatMap((gateway) =>
    gateway.runsOn.flatMap((name) => {
      const node = mesh.nodes.find((one) => one.name === name);
      return node ? routesOf(mesh, gateway).map((route) => ({ gateway, node, route })) : [];
    }),
  );
  const found = await mapLimit(tries, 8, ({ gateway, node, route }) => tryRoute(mesh, gateway, node, route));
  return found.flat();
}

async function tryRoute(mesh: Mesh, gateway: Gateway, node: MeshNode, route: Route): Promise<Symptom[]> {
  let answer = await ask(node.address, route);
  // A change that was just made may still be on its way to Envoy.
  for (let again = 0; again < 3 && wrong(mesh, gateway, route, answer) && !answer.unreachable; again++) {
    await new Promise((done) => setTimeout(done, 1000));
    answer = await ask(node.address, route);
  }
  return wrong(mesh, gateway, route, answer) ? [finding(mesh, gateway, node, route, answer)] : [];
}

function wrong(
  mesh: Mesh,
  gateway: Gateway,
  { protocol, service }: Route,
  { status, ofService, said }: Answer,
): boolean {
  if (protocol === "tcp") return status === 0;
  if (!ofService || [502, 503, 504].includes(status)) return true;
  const refused = status === 403 && said.startsWith("RBAC: access denied");
  return refused && verdict(mesh, gateway.name, service) === "allowed";
}

function finding(mesh: Mesh, gateway: Gateway, node: MeshNode, route: Route, answer: Answer): Symptom {
  const { port, host, service } = route;
  const found = drift(
    Layer.Passes,
    { on: node.name, what: `route :${port} host ${host} -> ${service}` },
    {
      expected: `an answer of ${service}`,
      found: answer.status ? `status ${answer.status} ${answer.said.slice(0, 80)}`.trim() : answer.said,
      remedy: `on ${node.name}: mesh routes`,
      concerns: [about.instance(gateway.name, node.name), about.entry(gateway.name), ...needs(mesh, [service])],
    },
  );
  if (!answer.unreachable) return found;
  return {
    ...found,
    blind: true,
    remedy: `open the way from here to ${node.address}:${port}, or look from elsewhere`,
  };
}

function ask(address: string, route: Route): Promise<Answer> {
  if (route.protocol === "tcp") return askTcp(address, route.port);
  return route.protocol === "http" ? askHttp(address, route) : askHttp2(address, route);
}

const failure = (error: NodeJS.ErrnoException): Answer => ({
  status: 0,
  ofService: false,
  said: error.code ?? error.message,
  unreachable: ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"].includes(error.code ?? ""),
});

const late = (): NodeJS.ErrnoException => Object.assign(new Error("no answer in time"), { code: "no answer in time" });

/** Whose certificate a gateway shows does not matter here: what is asked is whether the route leads on. */
const anyCertificate = (host: string) => ({ rejectUnauthorized: false, servername: host });

function askHttp(address: string, { port, host, tls }: Route): Promise<Answer> {
  return new Promise((done) => {
    const options = { host: address, port, path: "/", headers: { Host: host }, timeout: TIMEOUT, agent: false };
    const sent = tls ? tlsRequest({ ...options, ...anyCertificate(host) }) : plainRequest(options);
    sent.on("timeout", () => sent.destroy(late()));
    sent.on("error", (error) => done(failure(error)));
    sent.on("response", (response) => {
      const ofService = response.headers["x-envoy-upstream-service-time"] !== undefined;
      let said = "";
      const end = () => done({ status: response.statusCode ?? 0, ofService, said });
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        said += part;
        if (said.length > 200) sent.destroy();
      });
      response.on("close", end);
      response.on("error", end);
    });
    sent.end();
  });
}

function askHttp2(address: string, { port, host, tls }: Route): Promise<Answer> {
  return new Promise((done) => {
    const url = `${tls ? "https" : "http"}://${address.includes(":") ? `[${address}]` : address}:${port}`;
    const session = connectHttp2(url, tls ? anyCertificate(host) : {});
    const end = (answer: Answer) => {
      session.destroy();
      done(answer);
    };
    session.on("error", (error) => end(failure(error)));
    const stream = session.request({ ":path": "/", ":authority": host });
    stream.setTimeout(TIMEOUT, () => end(failure(late())));
    stream.on("error", (error) => end(failure(error)));
    const answer: Answer = { status: 0, ofService: false, said: "no answer" };
    stream.on("response", (headers) => {
      const ofService = headers["x-envoy-upstream-service-time"] !== undefined;
      Object.assign(answer, { status: Number(headers[constants.HTTP2_HEADER_STATUS] ?? 0), ofService, said: "" });
    });
    stream.setEncoding("utf8");
    stream.on("data", (part: string) => {
      answer.said += part;
      if (answer.said.length > 200) end(answer);
    });
    stream.on("close", () => end(answer));
    stream.end();
  });
}

/** Envoy closes a connection that it has nowhere to send, at its first byte at the latest. */
function askTcp(address: string, port: number): Promise<Answer> {
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    const open: Answer = { status: 1, ofService: true, said: "open" };
    const end = (answer: Answer) => {
      socket.destroy();
      done(answer);
    };
    const deadline = setTimeout(() => end(failure(late())), TIMEOUT);
    socket.on("connect", () => {
      socket.write("\n");
      clearTimeout(deadline);
      setTimeout(() => end(open), 1000);
    });
    socket.on("data", () => end(open));
    socket.on("close", () => end({ status: 0, ofService: false, said: "the connection was closed at once" }));
    socket.on("error", (error) => end(failure(error)));
  });
}
