// Package ran records which Terraform resources had their programs run on this node to the end. Terraform writes a resource
// into its state before the program has run, and a deploy that is killed leaves it there: the state alone cannot be believed.
package ran

import (
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

// earlier, in a mesh's folder, says that an earlier version deployed the mesh here and recorded nothing.
const earlier = ".earlier"

// Record that the program of a resource ran to its end.
//
// creation is the id that Terraform gave the resource when it began.
func Record(h *host.Host, mesh, resource, creation string) error {
	for _, word := range []string{mesh, resource, creation} {
		if !document.ValidName(word) || strings.HasPrefix(word, ".") {
			return fmt.Errorf("%q is no name of a mesh, a resource or a creation", word)
		}
	}
	if !h.Exists(host.RanOf(mesh)) {
		if err := begin(h, mesh); err != nil {
			return err
		}
	}
	return h.Write(filepath.Join(host.RanOf(mesh), resource), []byte(creation+"\n"), 0o644, host.Owner{})
}

func begin(h *host.Host, mesh string) error {
	deployed, err := isDeployed(h, mesh)
	if err != nil {
		return err
	}
	if err := h.Folder(host.RanOf(mesh), 0o755, host.Owner{}); err != nil || !deployed {
		return err
	}
	return h.Write(filepath.Join(host.RanOf(mesh), earlier), nil, 0o644, host.Owner{})
}

// isDeployed says whether there is more of the mesh here than this program, which comes first.
func isDeployed(h *host.Host, mesh string) (bool, error) {
	record, err := h.Record(mesh)
	if record.Mesh != "" || err != nil {
		return true, err
	}
	agents, there, err := agent.ReadRecord(h)
	return there && (agents.Mesh == mesh || agents.Mesh == ""), err
}

// Here are the creations by resource. believed says that a resource without a record may have run: an earlier version deployed
// the mesh here.
func Here(h *host.Host, mesh string) (creations map[string]string, believed bool) {
	creations = map[string]string{}
	for _, name := range h.List(host.RanOf(mesh)) {
		if text, err := h.Read(filepath.Join(host.RanOf(mesh), name)); err == nil && name != earlier {
			creations[name] = strings.TrimSpace(string(text))
		}
	}
	if h.Exists(host.RanOf(mesh)) {
		return creations, h.Exists(filepath.Join(host.RanOf(mesh), earlier))
	}
	deployed, err := isDeployed(h, mesh)
	return creations, deployed || err != nil
}
