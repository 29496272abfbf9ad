package instance

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
	"gatehouse/node/systemd"
)

// ByHand is what a person made on this node under the name of a workload.
type ByHand struct {
	Kind document.Kind
	Name string
	// theirs is the unit of others whose process the release counts on: it is no part of this, and goes on.
	theirs string
	// Definitions are files of Consul's configuration that define the workload or its sidecar.
	Definitions []string
	// Units run the workload or its sidecar, under whichever name.
	Units []systemd.Unit
	// Registrations of the workload and of its sidecars.
	Registrations []consul.Registration
	// Persisted are what Consul keeps of those that came through its API.
	Persisted []persisted
	// unkept are ids that are in no file, so that they could not be put back.
	unkept []string
	// Shared says what is not of this workload alone, or cannot be put back, and what to do about it: then nothing is taken
	// over.
	Shared []string
	// services are the ids of the workload itself, and sidecars those of its proxies.
	services, sidecars []string
	// defined are the ids of the definitions, also of sidecars that Consul makes itself.
	defined []string
}

// Empty says whether there is nothing.
func (b *ByHand) Empty() bool {
	return b == nil || len(b.Definitions)+len(b.Units)+len(b.Registrations)+len(b.Shared) == 0
}

func (b *ByHand) definitions() []string {
	if b == nil {
		return nil
	}
	return b.Definitions
}

// String lists what there is.
func (b *ByHand) String() string {
	var parts []string
	for _, unit := range b.Units {
		text := fmt.Sprintf("%s (%s", cmp.Or(unit.FragmentPath, unit.Name), unit.ActiveState)
		if unit.MainPID > 0 {
			text += fmt.Sprintf(", process %d", unit.MainPID)
		}
		parts = append(parts, text+")")
	}
	parts = append(parts, b.Definitions...)
	for _, one := range b.Registrations {
		text := fmt.Sprintf("registration %q", one.ID)
		if one.Port > 0 {
			text += fmt.Sprintf(" on port %d", one.Port)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// refusal of a declared name that is in use by hand; nil when it may be taken over, or when there is nothing.
func (b *ByHand) refusal(takeOver bool) error {
	switch section := map[document.Kind]string{document.Service: "services"}[b.Kind]; {
	case b.Empty():
		return nil
	case b.Kind == document.Job:
		return fmt.Errorf("the name %s is in use on this node by hand: %s; nothing was changed. Remove it from the node, or give the service another name in the declaration: a service without a port takes nothing over",
			b.Name, b)
	case len(b.Shared) > 0:
		return fmt.Errorf("the name %s is in use on this node by hand, and cannot be taken over: %s; nothing was changed", b.Name, strings.Join(b.Shared, "; "))
	case len(b.unkept) > 0 && takeOver:
		return fmt.Errorf("the name %s is in use on this node by hand, and cannot be taken over: the registration %q is in no file of %s and %s, so it could not be put back; nothing was changed. Take it away first: consul services deregister -id=%s",
			b.Name, b.unkept[0], host.ConsulDir, persistedFolders[0], b.unkept[0])
	case !takeOver:
		return fmt.Errorf("the name %s is in use on this node by hand: %s; nothing was changed. To have this mesh take it over write takeOver: { %s: [%q] } in the declaration; else give it another name there",
			b.Name, b, cmp.Or(section, "gateways"), b.Name)
	}
	return nil
}

// wrote says whether Gatehouse wrote a file.
func (n *Node) wrote(path string) bool {
	text, err := n.Host.Read(path)
	return err == nil && mark.IsWritten(text)
}

// KeptFiles are those in which Consul keeps the registrations that came through its API, and their checks.
func (b *ByHand) KeptFiles() []string {
	var files []string
	for _, one := range b.Persisted {
		files = append(files, one.files...)
	}
	return files
}

// replaced says whether a unit or a definition is there that a person made.
func (n *Node) replaced(path string) bool {
	if folder := filepath.Dir(path); folder != host.UnitDir && folder != host.ConsulDir {
		return false
	}
	text, err := n.Host.Read(path)
	return err == nil && !mark.IsWritten(text)
}
