package consul

import (
	"strings"

	"gatehouse/node/host"
)

// NodeToken is the file of the token with which the node talks to its agent: that of the agent itself, where the cluster
// stack of a mesh set it up.
const NodeToken = host.Secrets + "/_agent.token"

const (
	beginOfToken = "_agent."
	endOfToken   = ".token"
)

// NodeTokenOf a mesh for which Consul was there before. Each such mesh makes a token of its own, and deletes it when it is
// destroyed.
func NodeTokenOf(mesh string) string { return host.Secrets + "/" + beginOfToken + mesh + endOfToken }

// MeshOfToken is the mesh that a file of host.Secrets is the node's token of; "" for any other file.
func MeshOfToken(file string) string {
	after, begins := strings.CutPrefix(file, beginOfToken)
	mesh, ends := strings.CutSuffix(after, endOfToken)
	if !begins || !ends {
		return ""
	}
	return mesh
}

// TokenFor is the token with which the program works for a mesh on this node; "" where there is none. With no mesh, for what
// concerns the whole node, it is any that there is.
func TokenFor(h *host.Host, mesh string) string {
	files := []string{NodeTokenOf(mesh), NodeToken}
	if mesh == "" {
		files = []string{NodeToken}
		for _, file := range h.List(host.Secrets) {
			if other := MeshOfToken(file); other != "" {
				files = append(files, NodeTokenOf(other))
			}
		}
	}
	for _, file := range files {
		if text, err := h.Read(file); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	return ""
}
