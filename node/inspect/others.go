package inspect

import (
	"path/filepath"
	"slices"
	"strings"

	agents "gatehouse/node/agent"
	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
	"gatehouse/node/secrets"
	"gatehouse/node/taken"
)

// others are the other meshes on the node and their things, which are no findings of the mesh that asks.
type others struct {
	host  *host.Host
	names []string
	// instances of them.
	instances []string
	// paths that are theirs, with all that is below.
	paths []string
}

func (n Node) others(mesh string) others {
	names, _ := n.Host.Others(mesh) // as far as their records can be read
	found := others{host: n.Host, names: append([]string{}, names...)}
	for _, other := range names {
		found.instances = append(found.instances, instance.OwnedBy(n.Host, other)...)
		found.paths = append(found.paths, host.RecordFile(other), filepath.Dir(host.ProgramOf(other)), consul.NodeTokenOf(other),
			instance.Incoming(other), secrets.Arriving(other), host.RanOf(other), taken.TokenFile(other))
	}
	for _, name := range found.instances {
		found.paths = append(found.paths, instance.Home(name), instance.TokenFile(name),
			filepath.Join(host.Secrets, name+".env"), filepath.Join(host.EnvDir, name+".env"),
			fence.Path(name), filepath.Join(host.Config, name))
	}
	if record, there, _ := agents.ReadRecord(n.Host); there && record.Mesh != "" && record.Mesh != mesh {
		found.paths = append(found.paths, agents.RecordFile)
	}
	return found
}

func (o others) own(path string) bool {
	return slices.ContainsFunc(o.paths, func(own string) bool { return path == own || strings.HasPrefix(path, own+"/") })
}

// without leaves out their things, and binaries that one of them uses.
func (o others) without(tree []document.TreeEntry) []document.TreeEntry {
	used := instance.UsedBy(o.host, o.names)
	return slices.DeleteFunc(tree, func(one document.TreeEntry) bool {
		below, isBinary := strings.CutPrefix(one.Path, host.Binaries+"/")
		sha256, _, _ := strings.Cut(below, "/")
		return isBinary && used[sha256] || o.own(one.Path)
	})
}

// withoutWritten leaves out their units and definitions.
func (o others) withoutWritten(written []string) []string {
	return slices.DeleteFunc(written, func(path string) bool {
		text, _ := o.host.Read(path)
		mesh := mark.OfUnit(text)
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".service"), "-sidecar-proxy")
		if filepath.Dir(path) == host.ConsulDir {
			mesh, name = mark.OfDefinition(text), strings.TrimSuffix(filepath.Base(path), ".hcl")
		}
		return slices.Contains(o.names, mesh) || mesh == "" && slices.Contains(o.instances, name)
	})
}
