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
	// Job is a service without a port and without upstreams: a unit alone, which Consul does not know.
	Job Kind = "job"
)

// Role of a node.
type Role string

// The roles of nodes.
const (
	Server Role = "server"
	Worker Role = "worker"
)

// Owner says for which mesh and on which node a program works. Several meshes may share a node: each changes only its own
// things.
type Owner struct {
	// Mesh is the name of the mesh.
	Mesh string `json:"mesh"`
	// Node is the node's name, in the declaration and in Consul.
	Node string `json:"node"`
}

// OwnerMesh is the mesh that a document is for.
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
