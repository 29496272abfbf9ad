package document

// Setup makes a node ready for instances. Verb: setup.
type Setup struct {
	Owner
	Role Role `json:"role"`
	// TLS says whether the agent speaks TLS on its gRPC port.
	TLS bool `json:"tls"`
	// MeshCommand is the file of the `mesh` command.
	MeshCommand File `json:"meshCommand"`
	// DrainUnit takes the node out of the mesh before it shuts down. Absent on servers, which run no workload.
	DrainUnit *File `json:"drainUnit,omitempty"`
	// FenceUnit closes ports on loopback when the node starts. Absent on servers.
	FenceUnit *File `json:"fenceUnit,omitempty"`
}

// Incoming makes the folder into which Terraform puts secrets, closed to all other users. Verb: incoming.
type Incoming struct {
	Owner
}

// Tokens installs the tokens of the node's instances. They arrive as the secret file "tokens". Verb: tokens.
type Tokens struct {
	Owner
}
