// Package document is the contract between the TypeScript that synthesizes a deploy and gatehouse-node, which carries
// it out on a node: one JSON document a run, on standard input. templates/node-documents.ts is generated from these
// types; a test fails when the two differ.
package document

// Kind of a workload.
type Kind string

// The kinds of workloads.
const (
	Service        Kind = "service"
	IngressGateway Kind = "ingress-gateway"
)

// Role of a node.
type Role string

// The roles of nodes.
const (
	Server Role = "server"
	Worker Role = "worker"
)

// Owner says for which mesh and on which node a program works. Several meshes may be on a node: each touches
// its own alone.
type Owner struct {
	// Mesh is the name of the mesh.
	Mesh string `json:"mesh"`
	// Node is the node's name, in the declaration and in Consul.
	Node string `json:"node"`
}

// OwnerMesh is the mesh that a document is of.
func (o Owner) OwnerMesh() string { return o.Mesh }

// File is a text file as it will be on the node.
type File struct {
	// Path is absolute.
	Path string `json:"path"`
	// Mode is octal, for example "0644".
	Mode string `json:"mode"`
	// Content is the whole text.
	Content string `json:"content"`
}

// Setup makes a node ready for instances. Verb: setup.
type Setup struct {
	Owner
	Role Role `json:"role"`
	// TLS says whether the agent speaks TLS on its gRPC port.
	TLS bool `json:"tls"`
	// MeshCommand is the file of the `mesh` command.
	MeshCommand File `json:"meshCommand"`
	// DrainUnit takes the node out of the mesh before it shuts down. Absent on servers, which carry no workload.
	DrainUnit *File `json:"drainUnit,omitempty"`
}

// Incoming makes the folder into which Terraform puts secrets, closed to everybody else. Verb: incoming.
type Incoming struct {
	Owner
}

// Tokens puts the tokens of the node's instances where they are used from. They arrive as the secret file "tokens".
// Verb: tokens.
type Tokens struct {
	Owner
}

// Instance is one release of a service or a gateway on one node. Verb: instance apply.
type Instance struct {
	Owner
	// Name of the workload.
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Release names the release: twelve hex digits of the hash of all that makes it.
	Release string `json:"release"`
	// Files are the definition, the units and the environment. Only the places that belong to the instance are taken.
	Files []File `json:"files"`
	// Binary that the service runs. Absent for a gateway.
	Binary *Binary `json:"binary,omitempty"`
	// Secrets are the secret environment variables; their values arrive as the secret file "env-NAME".
	Secrets []SecretVariable `json:"secrets,omitempty"`
	// Port that the service listens on, on 127.0.0.1. Absent for a gateway.
	Port int `json:"port,omitempty"`
	// SidecarPort is the sidecar's public listener. Absent for a gateway.
	SidecarPort int `json:"sidecarPort,omitempty"`
	// AdminPort is the port of Envoy's admin page, on 127.0.0.1.
	AdminPort int `json:"adminPort"`
	// Upstreams are what the sidecar listens for on behalf of the service.
	Upstreams []Upstream `json:"upstreams,omitempty"`
	Health    Health     `json:"health"`
	// Drain says whether the workload is declared on other nodes too, so that callers can go there meanwhile.
	Drain bool `json:"drain"`
	// TakeOver says that what a person made under this name is set aside for the first release. Without it such a node is
	// refused.
	TakeOver bool `json:"takeOver,omitempty"`
}

// Binary is a file that was uploaded to /opt/gatehouse/incoming/MESH/SHA256.
type Binary struct {
	SHA256 string `json:"sha256"`
	// Name of the file, for `ps`.
	Name string `json:"name"`
	// Resource is the Terraform resource that uploads it, for the message when the file is missing.
	Resource string `json:"resource"`
}

// SecretVariable is an environment variable whose value is a secret.
type SecretVariable struct {
	Name string `json:"name"`
	// Version changes with the value.
	Version string `json:"version"`
}

// Upstream is a service that this one calls.
type Upstream struct {
	Name string `json:"name"`
	// LocalPort is where the sidecar listens for it, on 127.0.0.1.
	LocalPort int `json:"localPort"`
}

// Health says how the program tells whether a new process serves.
type Health struct {
	// Direct says that the program can ask what Consul's agent asks: an HTTP or TCP check.
	Direct bool `json:"direct"`
	// URL of an HTTP check. Absent: a TCP connection is enough, or only Consul's agent can tell.
	URL string `json:"url,omitempty"`
	// TimeoutSeconds of one request to URL.
	TimeoutSeconds float64 `json:"timeoutSeconds"`
	// SteadySeconds are how long a process that was just started has to go on serving.
	SteadySeconds float64 `json:"steadySeconds"`
}

// Name names an instance. Verbs: instance rollback, instance remove.
type Name struct {
	Name string `json:"name"`
}

// Sweep removes from a node what this mesh put there and no longer declares. Verb: sweep.
type Sweep struct {
	Owner
	// Instances that belong here.
	Instances []string `json:"instances"`
	// Binaries that belong here: their SHA-256.
	Binaries []string `json:"binaries"`
	// LetGo are gateways that the declaration runs on other nodes: one that was made by hand here under such a name is
	// removed, and copies of its files are kept.
	LetGo []string `json:"letGo"`
}

// Wipe removes everything that this mesh put on the node, and nothing of another mesh. Verb: wipe.
type Wipe struct {
	Owner
	// Agent says whether the Consul agent goes too.
	Agent bool `json:"agent"`
	// OnDestroy says that the whole stack is destroyed: a node that an earlier version gave to
	// another mesh is then left as it is, and is no error.
	OnDestroy bool `json:"onDestroy"`
}

// Probe waits until every declared route of a gateway on this node is answered by its service. Verb: probe.
type Probe struct {
	Owner
	Gateway string `json:"gateway"`
	// AdminPort of the gateway's Envoy here.
	AdminPort int     `json:"adminPort"`
	Routes    []Route `json:"routes"`
	// ACL says that a token arrives as the secret file "probe-GATEWAY", with which the earlier routes are put back when
	// the new ones do not answer.
	ACL bool `json:"acl"`
}

// Route as the probe tries it.
type Route struct {
	// Protocol of the listener: http, http2, grpc or tcp.
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	// TLS says whether the listener speaks TLS.
	TLS bool `json:"tls"`
	// Host is a Host header that leads to the service; "-" on tcp.
	Host    string `json:"host"`
	Service string `json:"service"`
}

// Expand lets Consul serve the mesh as it was and as it will be, until every instance has been moved: it allows the new
// edges next to the old ones, and takes services over to another protocol in the order that Consul accepts. Verb: expand.
// When the instances are there, the verb expand routing writes Routing.
type Expand struct {
	Owner
	// ACL says that a token arrives as the secret file "handover".
	ACL bool `json:"acl"`
	// Intentions, Services and Gateways are the declared config entries service-intentions, service-defaults and
	// ingress-gateway, as Consul's API takes them.
	Intentions []map[string]any `json:"intentions"`
	Services   []map[string]any `json:"services"`
	Gateways   []map[string]any `json:"gateways"`
	// Routing are the declared entries service-resolver, service-splitter and service-router.
	Routing []map[string]any `json:"routing"`
	// TakeOver are config entries, as kind/name, that this mesh writes in place of those that were made by hand. These are
	// recorded in Consul before anything is written.
	TakeOver []string `json:"takeOver,omitempty"`
}

// EntryTake writes a config entry in place of one that was made by hand. Verb: entry take.
type EntryTake struct {
	Owner
	// Secret is the name of the secret file with the token. Absent where there are no ACLs.
	Secret string `json:"secret,omitempty"`
	// Entry as Consul's API takes it.
	Entry map[string]any `json:"entry"`
}

// EntryReturn puts back, on destroy, a config entry that was taken over. Verb: entry return.
type EntryReturn struct {
	Owner
	// ACL says that the token is the one that `entry take` left on the node.
	ACL  bool   `json:"acl"`
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// EntriesSettle puts back the config entries that were taken over and that the declaration no longer takes over. Verb:
// entry settle.
type EntriesSettle struct {
	Owner
	// Secret is the name of the secret file with the token. Absent where there are no ACLs.
	Secret string `json:"secret,omitempty"`
	// TakeOver are the entries that stay taken over, as kind/name.
	TakeOver []string `json:"takeOver"`
	// Written are all entries that this mesh writes, as kind/name.
	Written []string `json:"written"`
}

// ExpandRemoval removes, on destroy, the intentions that an expansion made and no deploy took over. Verb: expand remove.
type ExpandRemoval struct {
	Owner
}

// Agent sets up the Consul agent of a node. Verb: agent setup.
type Agent struct {
	Owner
	Role Role `json:"role"`
	// Last says that no server comes after this one.
	Last bool `json:"last"`
	ACL  bool `json:"acl"`
	TLS  bool `json:"tls"`
	// Secrets says that the secret file "agent" arrives.
	Secrets bool `json:"secrets"`
	// Configuration and Unit of the agent.
	Configuration File `json:"configuration"`
	Unit          File `json:"unit"`
}

// AgentToken gives a server's agent, which already runs, its own token: the secret file "agent-token". Verb: agent token.
type AgentToken struct {
	Owner
}

// AgentRefresh has the agent register its services again with the results that their checks have now. Verb: agent refresh.
type AgentRefresh struct {
	Owner
}

// AgentRemoval removes the Consul agent that `agent setup` set up. Verb: agent remove.
type AgentRemoval struct {
	Owner
}

// Inspection asks what is on a node; nothing is changed. Verb: inspect.
type Inspection struct {
	Owner
	// Files to look at: absolute paths.
	Files []string `json:"files"`
	// Units that are declared here.
	Units []string `json:"units"`
	// Services are those of the units that only the mesh may reach.
	Services []string `json:"services"`
	// Names of every workload of the mesh.
	Names  []string     `json:"names"`
	Envoys []EnvoyAdmin `json:"envoys"`
	Edges  []EdgeTrial  `json:"edges"`
	// EdgeSeconds after which no further edge is tried.
	EdgeSeconds float64 `json:"edgeSeconds"`
}

// EnvoyAdmin is an Envoy of the node.
type EnvoyAdmin struct {
	Name      string `json:"name"`
	AdminPort int    `json:"adminPort"`
}

// EdgeTrial is one attempt of a workload to call a service.
type EdgeTrial struct {
	ID string `json:"id"`
	// Expect is "allowed", "refused" or "either".
	Expect string `json:"expect"`
	// Through "upstream" is the caller's own upstream port, as the program itself calls; "certificate" is the sidecar of
	// the called service, asked with the caller's certificate.
	Through string `json:"through"`
	// Protocol of the called service.
	Protocol string `json:"protocol"`
	// Port of the upstream or of the called sidecar.
	Port int `json:"port"`
	// Caller whose certificate is used, and the Host of the called sidecar. Absent for "upstream".
	Caller string `json:"caller,omitempty"`
	Host   string `json:"host,omitempty"`
}

// Questions ask what a deploy would meet on a node; nothing is changed. The answer is lines, which
// nodes/facts.ts reads. Verb: inspect node.
type Questions struct {
	// Programs that may be missing.
	Programs []string `json:"programs"`
	// Ports: TCP ports that another process may hold.
	Ports []int `json:"ports"`
	// Units that may be there.
	Units []string `json:"units"`
	// Services are units that other nodes may reach past the mesh.
	Services []string `json:"services"`
	// Names of services that Consul's configuration files may define.
	Names []string `json:"names"`
	// Folders that may be read-only or full: absolute paths.
	Folders []string `json:"folders"`
	// Files whose SHA-256 is asked for: absolute paths.
	Files []string `json:"files"`
}
