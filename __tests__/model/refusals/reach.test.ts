import { type Row, refuses } from "../../support/refusals";
import { type Draft, publicKey } from "../../support/shop";

describe("addresses and keys", () => {
  const address = (value: string) => (d: Draft) => (d.nodes.worker1.address = value);
  const at = (value: string, reason: RegExp): Row => [
    value || "empty",
    address(value),
    "nodes.worker1.address",
    JSON.stringify(value),
    reason,
    /10\.0\.0\.12/,
  ];
  const api = (value: string, reason: RegExp): Row => [
    `API ${value}`,
    (d) => (d.consul.address = value),
    "consul.address",
    JSON.stringify(value),
    reason,
    /host:port/,
  ];
  const key = (value: string, reason: RegExp): Row => [
    `key ${value.slice(0, 30)}`,
    (d) => (d.nodes.worker1.hostKey = value),
    "nodes.worker1.hostKey",
    /^"/,
    reason,
    /ssh_host_ed25519_key.pub/,
  ];
  const ed = publicKey();
  // biome-ignore format: a table reads by rows
  refuses([
    at("", /empty/),
    at("10.77.0.256", /looks like an IPv4/),
    at("10.0.0", /looks like an IPv4/),
    at("http://10.77.0.12", /scheme/),
    at("10.77.0.12:22", /port/),
    at("root@10.77.0.12", /user/),
    at("10.77.0.12 ", /white space/),
    at("worker_1", /neither an IP address nor a host name/),
    at("-oProxyCommand=id", /neither/),
    at("a..b", /neither/),
    at("fd00::12::1", /looks like an IPv6/),
    at("[fd00::12]", /brackets/),
    at("fe80::1%eth0", /zone/),
    at("0.0.0.0", /every address/),
    at("::", /every address/),
    at("224.0.0.1", /multicast/),
    at("ff02::1", /multicast/),
    at("255.255.255.255", /broadcast/),
    ["two nodes on one address", address("10.77.0.13"), "nodes.worker2.address", '"10.77.0.13"', /node `worker1` has this address/, /its own machine/],
    ["two spellings of one address", (d) => { d.nodes.worker1.address = "fd00::12"; d.nodes.worker2.address = "FD00:0:0::12"; }, "nodes.worker2.address", '"FD00:0:0::12"', /node `worker1`/, /its own/],
    api("10.77.0.10", /not `host:port`/),
    api("http://10.77.0.10:8500", /scheme/),
    api("10.77.0.10:0", /1 to 65535/),
    api("10.77.0.10:99999", /1 to 65535/),
    api("10.77.0.10:http", /not a number/),
    api("fd00::10", /brackets/),
    api(":8500", /empty/),
    api("10.77.0.10:8500/v1", /not a number/),
    key("", /empty/),
    key("AAAA", /not a type of ssh host key/),
    key("ssh-dss AAAA", /not a type/),
    key("ssh-ed25519", /missing after its type/),
    key("ssh-ed25519 !!!!", /base64/),
    key("ssh-ed25519 AAAA...", /base64/),
    key(ed.slice(0, -8), /inner lengths/),
    key(ed.replace("ssh-ed25519 ", "ssh-rsa "), /says `ssh-rsa` and holds a `ssh-ed25519`/),
    key(publicKey("ssh-ed25519", Buffer.alloc(31)), /32 bytes/),
    key(`10.77.0.12 ${ed}`, /begins with a host name/),
    key(`${ed}\n${ed}`, /more than one line/),
    ["a private key", (d) => (d.nodes.worker1.hostKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END"), "nodes.worker1.hostKey", "a private key (not shown)", /PRIVATE key.*must never/, /replace that key/],
  ]);
});

describe("ssh", () => {
  const bastion = () => ({ host: "10.9.9.9", hostKey: publicKey() });
  // biome-ignore format: a table reads by rows
  refuses([
    ["neither key nor agent", (d) => (d.ssh = {}), "ssh.privateKeyFile", "nothing", /neither a key file nor an agent/, /agent: true/],
    ["key and agent", (d) => (d.ssh.agent = true), "ssh.agent", "true", /both/, /not both/],
    ["key and agent on a node", (d) => (d.nodes.worker1.ssh = { privateKeyFile: "k", agent: true }), "nodes.worker1.ssh.agent", "true", /both/, /not both/],
    ["no login on one node", (d) => { d.ssh = { agent: true }; d.nodes.worker1.ssh = { agent: false }; }, "nodes.worker1.ssh.privateKeyFile", "nothing", /neither.*on this node/, /agent: true/],
    ["missing key file", (d) => (d.ssh.privateKeyFile = "missing/id"), "ssh.privateKeyFile", '"missing/id"', /no such file \(\/project\/missing\/id\)/, /private key file/],
    ["unreadable key file", (d) => (d.ssh.privateKeyFile = "unreadable/id"), "ssh.privateKeyFile", '"unreadable/id"', /cannot be read/, /private key file/],
    ["folder as key file", (d) => (d.ssh.privateKeyFile = "folder/id"), "ssh.privateKeyFile", '"folder/id"', /folder/, /private key file/],
    ["empty key file", (d) => (d.ssh.privateKeyFile = ""), "ssh.privateKeyFile", '""', /empty/, /fill it in/],
    ["missing key file of a node", (d) => (d.nodes.worker1.ssh = { privateKeyFile: "missing/id" }), "nodes.worker1.ssh.privateKeyFile", '"missing/id"', /no such file/, /private key file/],
    ["a user with a space", (d) => (d.ssh.user = "ro ot"), "ssh.user", '"ro ot"', /not a login name/, /for example `root`/],
    ["a user like an option", (d) => (d.ssh.user = "-oX"), "ssh.user", '"-oX"', /not a login name/, /for example `root`/],
    ["an empty user", (d) => (d.ssh.user = ""), "ssh.user", '""', /empty/, /for example `root`/],
    ["ssh port 0", (d) => (d.ssh.port = 0), "ssh.port", "0", /1 to 65535/, /in that range/],
    ["bastion without host key", (d) => (d.ssh.bastion = { host: "10.9.9.9" }), "ssh.bastion.hostKey", "nothing", /missing/, /ssh_host/],
    ["bastion with a bad host", (d) => (d.ssh.bastion = { ...bastion(), host: "a b" }), "ssh.bastion.host", '"a b"', /white space/, /host name/],
    ["bastion with a bad key", (d) => (d.ssh.bastion = { ...bastion(), hostKey: "x" }), "ssh.bastion.hostKey", '"x"', /not a type/, /ssh_host/],
    ["bastion with a bad user", (d) => (d.ssh.bastion = { ...bastion(), user: "$(id)" }), "ssh.bastion.user", '"$(id)"', /login name/, /root/],
    ["bastion with a missing key file", (d) => (d.ssh.bastion = { ...bastion(), privateKeyFile: "missing/id" }), "ssh.bastion.privateKeyFile", '"missing/id"', /no such file/, /private key/],
    ["bastion with a bad port", (d) => (d.ssh.bastion = { ...bastion(), port: 65536 }), "ssh.bastion.port", "65536", /1 to 65535/, /in that range/],
  ]);
});
