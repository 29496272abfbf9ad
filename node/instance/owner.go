package instance

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
)

// OwnerOf is the mesh that an instance of this name belongs to on this node; "" when no record says so.
func OwnerOf(h *host.Host, name string) string {
	if found, err := record(h, name); err == nil && found.Mesh != "" {
		return found.Mesh
	}
	for _, release := range append([]string{"../current"}, h.List(filepath.Join(Home(name), "releases"))...) {
		if found, err := Load(h, releaseFolder(name, release)); err == nil && found.Mesh != "" {
			return found.Mesh
		}
	}
	if text, err := h.Read(definitionPath(name)); err == nil && mark.OfDefinition(text) != "" {
		return mark.OfDefinition(text)
	}
	for _, unit := range allUnits(document.Service, name) {
		if text, err := h.Read(filepath.Join(host.UnitDir, unit)); err == nil && mark.OfUnit(text) != "" {
			return mark.OfUnit(text)
		}
	}
	return ""
}

// OwnedBy are the names of a mesh's instances on this node, with those that it claimed and has not put into service yet.
func OwnedBy(h *host.Host, mesh string) []string {
	return slices.DeleteFunc(h.List(host.Instances), func(name string) bool { return OwnerOf(h, name) != mesh })
}

// Claim a name on this node for a mesh: its token arrives before its first release, and no other mesh may take either of
// them.
func Claim(ctx context.Context, h *host.Host, owner document.Owner, name string) error {
	if err := checkOwner(h, owner, name); err != nil || h.Exists(Home(name)) {
		return err
	}
	unlock, err := h.Lock(ctx, instanceLock(name))
	if err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	defer unlock()
	if err := checkOwner(h, owner, name); err != nil || h.Exists(Home(name)) {
		return err
	}
	text, err := json.MarshalIndent(Record{Owner: owner}, "", "  ")
	if err != nil {
		return err
	}
	if err := h.Folder(Home(name), 0o755, host.Owner{}); err != nil {
		return err
	}
	return h.Write(recordPath(name), append(text, '\n'), 0o644, host.Owner{})
}

// checkOwner refuses the name of another mesh's instance.
func checkOwner(h *host.Host, owner document.Owner, name string) error {
	other := OwnerOf(h, name)
	if other == "" {
		// A record that cannot be read may be another mesh's.
		if _, err := record(h, name); err != nil {
			return fmt.Errorf("%w: nothing was changed. It says which mesh %s belongs to: correct it, or remove it if that is %s, and deploy again", err, name, owner.Mesh)
		}
	}
	if other == "" || other == owner.Mesh {
		return nil
	}
	other = host.Clean(other)
	return fmt.Errorf("%s is of the mesh %s on this node, and the deploy is of %s: nothing was changed. Give it another name in %s, or take it out of %s first; if %s was renamed, name it %s again",
		name, other, owner.Mesh, owner.Mesh, other, other, other)
}

// earlierOwner of an instance that an earlier version put here, which knew only one mesh on a node.
func earlierOwner(h *host.Host) (document.Owner, error) {
	records, err := h.Records()
	for _, one := range records {
		if one.Earlier || len(records) == 1 {
			return one.Owner, err
		}
	}
	return document.Owner{}, err
}
