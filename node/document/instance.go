package document

import "cmp"

// Instance is one release of a service or a gateway on one node. Verb: instance apply.
type Instance struct {
	Owner
	// Name of the instance on its node: that of its files and units, and its id in Consul.
	Name string `json:"name"`
	// Service is the name of the service in Consul, of a further instance on a node. Absent: Name.
	Service string `json:"service,omitempty"`
	Kind    Kind   `json:"kind"`
	// Release names the release: twelve hex digits of the hash of all that makes it.
	Release string `json:"release"`
	// Files are the definition, the units, the environment and the configuration files. Only paths that belong to the instance are accepted.
	Files []File `json:"files"`
	// Binary that the service runs. Absent for a gateway, and where the program is the node's own.
	Binary *Binary `json:"binary,omitempty"`
	// Program that the unit starts: an absolute path. Absent for a gateway.
	Program string `json:"program,omitempty"`
	// Unit whose process listens on Port, where that is no unit of the instance: it is never written, started, stopped, enabled
	// or disabled. It is a unit of others, or that of the service SameProcessAs. Absent: the instance's own unit.
	Unit string `json:"unit,omitempty"`
	// SameProcessAs is a service of the mesh on this node, whose process listens on Port too. Absent: the process is not shared.
	SameProcessAs string `json:"sameProcessAs,omitempty"`
	// Secrets are the secret environment variables; their values arrive as the secret file "env-NAME".
	Secrets []SecretVariable `json:"secrets,omitempty"`
	// SecretFiles are configuration files whose content is a secret: its value arrives with those of Secrets, by the secret's name.
	SecretFiles []SecretFile `json:"secretFiles,omitempty"`
	// Before runs once before the release is put into service. Absent where nothing is to run.
	Before *Before `json:"before,omitempty"`
	// Port that the service listens on, on 127.0.0.1. Absent for a gateway, and for a service that nothing calls.
	Port int `json:"port,omitempty"`
	// SidecarPort is the sidecar's public listener. Absent for a gateway and a job.
	SidecarPort int `json:"sidecarPort,omitempty"`
	// AdminPort is the port of Envoy's admin page, on 127.0.0.1. 0 for a job, which has no Envoy.
	AdminPort int `json:"adminPort"`
	// Upstreams are the services for which the sidecar listens on behalf of this one.
	Upstreams []Upstream `json:"upstreams,omitempty"`
	Health    Health     `json:"health"`
	// Drain says whether other instances of the workload are declared, so that callers can use those meanwhile.
	Drain bool `json:"drain"`
	// Purge says that the folders which systemd made for the service are removed together with it.
	Purge bool `json:"purge,omitempty"`
	// Reload is the signal by which the service reads its configuration files again. "": they restart it.
	Reload string `json:"reload,omitempty"`
	// TakeOver says that the first release replaces an instance of this name that a person made. Without it, a node with such
	// an instance is refused.
	TakeOver bool `json:"takeOver,omitempty"`
}

// Workload is the service or gateway of the instance, as Consul names it.
func (i Instance) Workload() string { return cmp.Or(i.Service, i.Name) }

// Binary is a file that was uploaded to /opt/gatehouse/incoming/MESH/SHA256, or that the node fetches. It becomes
// /opt/gatehouse/binaries/SHA256/NAME.
type Binary struct {
	SHA256 string `json:"sha256"`
	// Name of the file, for `ps`, or of the folder that it is unpacked into.
	Name string `json:"name"`
	// Resource is the Terraform resource that uploads it, for the message when the file is missing. Absent with URL.
	Resource string `json:"resource,omitempty"`
	// Archive is the format of an archive that is unpacked: "tar", "tar.gz" or "zip". Absent: the file is kept as it is.
	Archive string `json:"archive,omitempty"`
	// URL that the node fetches it from. Absent: it was uploaded.
	URL string `json:"url,omitempty"`
}

// SecretVariable is an environment variable whose value is a secret.
type SecretVariable struct {
	Name string `json:"name"`
	// Version changes with the value.
	Version string `json:"version"`
}

// SecretFile is a configuration file whose content is a secret.
type SecretFile struct {
	// Path is absolute.
	Path   string `json:"path"`
	Secret string `json:"secret"`
	// Version changes with the content.
	Version string `json:"version"`
}

// Before are the commands that run before a release.
type Before struct {
	// Unit is the text of the unit that runs them, in the sandbox of the service. It reads the files of the release in
	// /run/gatehouse-before/NAME.
	Unit string `json:"unit"`
	// Programs that they start: absolute paths.
	Programs []string `json:"programs"`
}

// Upstream is a service that this one calls.
type Upstream struct {
	Name string `json:"name"`
	// LocalPort is where the sidecar listens for it, on 127.0.0.1.
	LocalPort int `json:"localPort"`
}

// Health says how the program finds out whether a new process serves.
type Health struct {
	// Direct says that the program makes the same check as Consul's agent. False for a gateway, and for a service of an earlier
	// version with a check over gRPC or by a script.
	Direct bool `json:"direct"`
	// URL of an HTTP check. Without it and the next ones, it is enough that the service listens on its port.
	URL string `json:"url,omitempty"`
	// Method of the request to URL. "": GET.
	Method string `json:"method,omitempty"`
	// Header of the request to URL.
	Header map[string][]string `json:"header,omitempty"`
	// GRPC is asked by the health protocol of gRPC.
	GRPC *GRPCHealth `json:"grpc,omitempty"`
	// Script is a command that has to end with 0.
	Script []string `json:"script,omitempty"`
	// Socket on which the service's own sandbox runs Script. Absent in a release of an earlier version, whose script Consul's agent
	// runs.
	Socket string `json:"socket,omitempty"`
	// TCP is an address that has to accept connections, besides the service's port.
	TCP string `json:"tcp,omitempty"`
	// TLS says that URL, GRPC or TCP speak TLS, with any certificate.
	TLS bool `json:"tls,omitempty"`
	// TimeoutSeconds of one check.
	TimeoutSeconds float64 `json:"timeoutSeconds"`
	// StartSeconds is how long a release may take until it serves. 0: a minute.
	StartSeconds float64 `json:"startSeconds,omitempty"`
	// SteadySeconds is how long a process that was just started must go on serving; without a port: how long it must run without
	// ending once.
	SteadySeconds float64 `json:"steadySeconds"`
}

// GRPCHealth is a server that is asked for the health of one of its services; "" is the whole server.
type GRPCHealth struct {
	Server  string `json:"server"`
	Service string `json:"service"`
}

// Name names an instance. Verbs: instance rollback, instance remove.
type Name struct {
	Name string `json:"name"`
}
