package document

// Inspection asks what is on a node; nothing is changed. Verb: inspect.
type Inspection struct {
	Owner
	// Files to look at: absolute paths.
	Files []string `json:"files"`
	// Units that are declared here.
	Units []string `json:"units"`
	// Services are those of the units that only the mesh may reach.
	Services []string `json:"services"`
	// Names of every workload of the mesh, and of their instances.
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

// Questions ask in what state a deploy would find a node; nothing is changed. The answer is lines, which nodes/facts.ts
// reads. Verb: inspect node.
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
	// Commands that services start: absolute paths, and names to look up.
	Commands []string `json:"commands,omitempty"`
	// Made asks for what people made for services. The answer is one line of JSON: a list of MadeByHand.
	Made *MadeQuestion `json:"made,omitempty"`
	// Users and Groups that services have.
	Users  []string `json:"users,omitempty"`
	Groups []string `json:"groups,omitempty"`
	// Paths that services need: absolute.
	Paths []string `json:"paths,omitempty"`
}
