package document

// Report is the state in which gatehouse-node found a node. Verb: inspect. Its fields have Consul's and systemd's names where
// they have one.
type Report struct {
	// Version of the gatehouse-node that wrote this.
	Version string `json:"version"`
	// Mesh that asks, as it is on record on the node.
	Mesh NodeRecord `json:"mesh"`
	// Others are the other meshes on this node. Of their things, only the registrations are in this report.
	Others []string `json:"others"`
	// Uptime in seconds since the node started.
	Uptime float64 `json:"uptime"`
	// Files are those of the inspected files that exist.
	Files []FileReport `json:"files"`
	// Tree is everything below /opt/gatehouse, without the content of releases.
	Tree []TreeEntry `json:"tree"`
	// Needed are the SHA-256 of the binaries that a release on the node runs.
	Needed []string `json:"needed"`
	// Unpacked are the archives that were unpacked on the node.
	Unpacked []UnpackedReport `json:"unpacked"`
	// Written are the units and definitions with Gatehouse's mark: absolute paths.
	Written []string `json:"written"`
	// Units that are declared, and all others that have the name of a workload of the mesh.
	Units []UnitReport `json:"units"`
	// Processes of the declared units that run one of Gatehouse's binaries.
	Processes []ProcessReport `json:"processes"`
	// Open are the sockets of services that other nodes can reach: those that are not on loopback.
	Open []OpenSocket `json:"open"`
	// Fences of ports on loopback.
	Fences FenceReport `json:"fences"`
	// Services of Consul's agent. Absent when it did not answer.
	Services []AgentService `json:"services,omitzero"`
	// Checks of Consul's agent. Absent when it did not answer.
	Checks []AgentCheck `json:"checks,omitzero"`
	// Leader is the address of the leader of Consul's servers; "" when there is none, or when the agent did not answer.
	Leader string `json:"leader"`
	// Envoys, one for each that was asked about.
	Envoys []EnvoyReport `json:"envoys"`
	// Copies are the folders with copies of files that a person made and a deploy replaced, the oldest first.
	Copies []string `json:"copies"`
	// Edges that were tried; one for which there was no time is missing.
	Edges []EdgeReport `json:"edges"`
}

// NodeRecord says that a mesh is on a node. All fields are empty where it was never deployed.
type NodeRecord struct {
	Owner
	Role Role `json:"role"`
	// TLS says whether the agent speaks TLS on its gRPC port.
	TLS bool `json:"tls"`
}

// FileReport is a file as it is on the node.
type FileReport struct {
	Path string `json:"path"`
	// Type in the words of stat: "regular file", "directory", "symbolic link" and so on.
	Type string `json:"type"`
	// Owner is user:group; a number where no user or group has it.
	Owner string `json:"owner"`
	// Mode is octal, for example "644".
	Mode string `json:"mode"`
	// SHA256 of the content: of a definition without the token that the node wrote into it. "" when it is not a regular
	// file.
	SHA256 string `json:"sha256"`
	// Foreign says that another program has the name of the command `mesh`: it stays.
	Foreign bool `json:"foreign,omitempty"`
}

// TreeEntry is a file, folder or link below /opt/gatehouse.
type TreeEntry struct {
	Path string `json:"path"`
	// Type is "f" for a file, "d" for a folder, "l" for a symbolic link, "?" for anything else.
	Type string `json:"type"`
	// Target of a symbolic link; "" otherwise.
	Target string `json:"target"`
}

// UnpackedReport is an archive that was unpacked on the node.
type UnpackedReport struct {
	SHA256 string `json:"sha256"`
	// Whole says that all files have the content, mode and owner with which they were unpacked, and that there are no others.
	Whole bool `json:"whole"`
}

// UnitReport has systemd's properties of a unit.
type UnitReport struct {
	ID string `json:"Id"`
	// LoadState is "not-found" where there is no file of this name.
	LoadState     string `json:"LoadState"`
	ActiveState   string `json:"ActiveState"`
	UnitFileState string `json:"UnitFileState"`
	// NRestarts counts systemd's own restarts since a person or a program last started the unit.
	NRestarts    int      `json:"NRestarts"`
	FragmentPath string   `json:"FragmentPath"`
	DropInPaths  []string `json:"DropInPaths"`
	// NeedDaemonReload says that the file changed since systemd read it.
	NeedDaemonReload bool `json:"NeedDaemonReload"`
	// ActiveEnterTimestampMonotonic is when the unit last became active, in microseconds since the node started.
	ActiveEnterTimestampMonotonic uint64 `json:"ActiveEnterTimestampMonotonic"`
}

// ProcessReport is the main process of a unit.
type ProcessReport struct {
	Unit string `json:"unit"`
	// Exe is the path that the kernel has; " (deleted)" follows a file that is gone or was replaced.
	Exe string `json:"exe"`
	// SHA256 of the program that runs, which may not be the file at Exe any more.
	SHA256 string `json:"sha256"`
}

// OpenSocket is where a unit listens.
type OpenSocket struct {
	Unit string `json:"unit"`
	// At is address:port, for example "10.77.0.12:9001" or "[::]:9001".
	At string `json:"at"`
}

// FenceReport compares the kernel's rules with those that the instances of the node need.
type FenceReport struct {
	// Fault is why the kernel has no rules to read, or why it is not known which ones are needed; "" for none.
	Fault string `json:"fault"`
	// Open ports have no rule, or one that refuses less than it has to.
	Open []int `json:"open"`
	// Closed ports refuse a user who needs them, or are fenced for nothing that is here.
	Closed []int `json:"closed"`
}

// AgentService is a registration in Consul's agent.
type AgentService struct {
	ID      string `json:"ID"`
	Service string `json:"Service"`
	// Kind is "" for a service, "connect-proxy" for a sidecar, "ingress-gateway" for a gateway.
	Kind string `json:"Kind"`
	Port int    `json:"Port"`
	// Of is the service that a sidecar is for; "" otherwise.
	Of string `json:"Of"`
	// Mesh that the registration belongs to, by its Meta; "" where a person or an earlier version made it.
	Mesh      string          `json:"Mesh"`
	Upstreams []AgentUpstream `json:"Upstreams"`
	// Rest is what else a registration says of where and how the service is reached, as Consul's API names it: Address,
	// TaggedAddresses, SocketPath, Tags, EnableTagOverride, Meta and Proxy, as far as they are there.
	Rest map[string]any `json:"Rest"`
}

// AgentUpstream is an upstream of a registered sidecar.
type AgentUpstream struct {
	DestinationName string `json:"DestinationName"`
	LocalBindPort   int    `json:"LocalBindPort"`
}

// AgentCheck is a health check of Consul's agent.
type AgentCheck struct {
	// ServiceID is "" for a check of the node.
	ServiceID string `json:"ServiceID"`
	Name      string `json:"Name"`
	Status    string `json:"Status"`
	Output    string `json:"Output"`
}

// EnvoyReport is the state of an Envoy, from its admin page.
type EnvoyReport struct {
	// Name of the instance.
	Name string `json:"name"`
	// Ready is "LIVE", another state of Envoy, or "" when the page does not answer.
	Ready        string             `json:"ready"`
	Listeners    []EnvoyListener    `json:"listeners"`
	Clusters     []EnvoyCluster     `json:"clusters"`
	Certificates []EnvoyCertificate `json:"certificates"`
}

// EnvoyListener is a port that Envoy listens on.
type EnvoyListener struct {
	Name string `json:"name"`
	Port int    `json:"port"`
}

// EnvoyCluster is a service as Envoy calls it.
type EnvoyCluster struct {
	Name string `json:"name"`
	// Healthy endpoints, by Consul's checks and by Envoy's own.
	Healthy int `json:"healthy"`
}

// EnvoyCertificate is when a certificate that Envoy uses begins and ends to be valid: RFC 3339.
type EnvoyCertificate struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// EdgeReport is the result of one EdgeTrial.
type EdgeReport struct {
	ID string `json:"id"`
	// Answer is "allowed", "refused" or "failed".
	Answer string `json:"answer"`
	// Detail is the evidence for it.
	Detail string `json:"detail"`
}
