package document

// MadeQuestion asks what people made on a node for services: see MadeByHand.
type MadeQuestion struct {
	// Registrations of this node, as Consul's catalogue has them: an agent with ACLs shows them only to a token.
	Registrations []MadeRegistration `json:"registrations"`
}

// MadeRegistration is a registration in the words of Consul's API.
type MadeRegistration struct {
	ID      string `json:"ID"`
	Service string `json:"Service"`
	// Kind is "" for a service, "connect-proxy" for a sidecar, "ingress-gateway" for a gateway.
	Kind string `json:"Kind"`
	// Address is "" where it is the node's.
	Address string `json:"Address"`
	Port    int    `json:"Port"`
	// Of is the service that a sidecar is for, and OfID the id of that one's registration.
	Of   string `json:"Of"`
	OfID string `json:"OfID"`
	// Mesh of Gatehouse that the registration belongs to; "" where a person made it.
	Mesh string `json:"Mesh"`
}

// MadeByHand is a service or gateway that people made on a node. No value that looks like a secret is in it.
type MadeByHand struct {
	Name string `json:"name"`
	// Kind is "" for a service, else Consul's, for example "ingress-gateway".
	Kind string `json:"kind"`
	// Files of Consul's configuration that define it or its sidecar.
	Files []string `json:"files"`
	// IDs of its registrations, and of its sidecars'.
	IDs []string `json:"ids"`
	// Shared says why it cannot be taken over, each with what to do about it.
	Shared []string `json:"shared"`
	// Definitions are read from those files, and from what Consul keeps of registrations through its API.
	Definitions []MadeDefinition `json:"definitions"`
	// Units that run it or its sidecar.
	Units []MadeUnit `json:"units"`
}

// MadeDefinition is what a definition says of a service.
type MadeDefinition struct {
	File    string `json:"file"`
	ID      string `json:"id"`
	Port    int    `json:"port"`
	Address string `json:"address"`
	// Sidecar says whether a sidecar is defined with it; SidecarPort is 0 where Consul chooses the port.
	Sidecar     bool           `json:"sidecar"`
	SidecarPort int            `json:"sidecarPort"`
	Checks      []MadeCheck    `json:"checks"`
	Upstreams   []MadeUpstream `json:"upstreams"`
	// Others are the names of further settings.
	Others []string `json:"others"`
}

// MadeCheck is a health check: one of HTTP (a URL), TCP (an address), GRPC and Args is set, or another kind is named in Others.
type MadeCheck struct {
	HTTP     string   `json:"http"`
	TCP      string   `json:"tcp"`
	GRPC     string   `json:"grpc"`
	Args     []string `json:"args"`
	Interval string   `json:"interval"`
	Timeout  string   `json:"timeout"`
	Others   []string `json:"others"`
}

// MadeUpstream is a service that another one calls through its sidecar.
type MadeUpstream struct {
	Name      string `json:"name"`
	LocalPort int    `json:"localPort"`
	// LocalAddress is "" for 127.0.0.1.
	LocalAddress string   `json:"localAddress"`
	Others       []string `json:"others"`
}

// MadeUnit is a unit of systemd, with its drop-ins.
type MadeUnit struct {
	Name string `json:"name"`
	// File is "" where only a process of the unit was seen.
	File  string `json:"file"`
	State string `json:"state"`
	// Envoy says whether it runs an Envoy: a sidecar or a gateway.
	Envoy bool `json:"envoy"`
	// Command that it starts: the program's full path, then its arguments. The value of an argument that looks like a secret is
	// left out, and the argument's name is in CutArguments.
	Command      []string `json:"command"`
	CutArguments []string `json:"cutArguments"`
	// SHA256 of the program's file; "" when it cannot be read.
	SHA256 string `json:"sha256"`
	// Environment variables, but for those that look like secrets: these are named in Secrets.
	Environment      map[string]string `json:"environment"`
	Secrets          []string          `json:"secrets"`
	EnvironmentFiles []string          `json:"environmentFiles"`
	User             string            `json:"user"`
	WorkingDirectory string            `json:"workingDirectory"`
	// MemoryMax in bytes, 0 without a limit; CPUQuota in percent of one processor, 0 without a limit.
	MemoryMax uint64 `json:"memoryMax"`
	CPUQuota  uint64 `json:"cpuQuota"`
	// Others are the names of further directives of its section [Service].
	Others []string `json:"others"`
}
