package consul

import (
	"strings"

	"gatehouse/node/host"
)

// NodeToken is the file of the token with which the node talks to its agent: it is the agent's own token if the cluster stack
// of a mesh set the agent up.
const NodeToken = host.Secrets + "/_agent.token"

const (
	beginOfToken = "_agent."
	endOfToken   = ".token"
)

// NodeTokenOf is the file of that token for a mesh with an existing Consul. Each such mesh makes a token of its own, and
// deletes it when the mesh is destroyed.
func NodeTokenOf(mesh string) string { return host.Secrets + "/" + beginOfToken + mesh + endOfToken }

// meshOfToken returns the mesh whose token for this node is in a file of host.Secrets; "" for any other file.
func meshOfToken(file string) string {
	after, begins := strings.CutPrefix(file, beginOfToken)
	mesh, ends := strings.CutSuffix(after, endOfToken)
	if !begins || !ends {
		return ""
	}
	return mesh
}

// TokenFor is the token with which the program works for a mesh on this node; "" when there is none. Without a mesh, for work
// that concerns the whole node, it is the first one that exists.
func TokenFor(h *host.Host, mesh string) string {
	files := []string{NodeTokenOf(mesh), NodeToken}
	if mesh == "" {
		files = []string{NodeToken}
		for _, file := range h.List(host.Secrets) {
			if other := meshOfToken(file); other != "" {
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
