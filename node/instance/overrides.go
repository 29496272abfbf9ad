package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/host"
	"gatehouse/node/undo"
)

// clearOverrides removes the drop-ins and masks with which a person changed the units; copies are kept.
func (a *apply) clearOverrides(ctx context.Context, units []string) error {
	for _, unit := range units {
		for _, path := range dropIns(a.Host, unit) {
			if err := a.Host.Backup(path); err != nil {
				return err
			}
			if err := a.Host.Remove(path); err != nil {
				return err
			}
			a.Host.RemoveEmpty(filepath.Dir(path))
			a.swap.overridden = true
		}
		if a.Host.Exists(runtimeMask(unit)) {
			a.swap.overridden = true
			if err := a.Systemd.UnmaskRuntime(ctx, unit); err != nil {
				return fmt.Errorf("%s is masked: %w", unit, err)
			}
		}
	}
	return nil
}

// runtimeMask of a unit: a link to /dev/null that ends with the next boot.
func runtimeMask(unit string) string { return filepath.Join("/run/systemd/system", unit) }

// dropIns of this unit; those for every service of the node are left alone.
func dropIns(h *host.Host, unit string) []string {
	return inDropIns(h, unit, func(name string) (string, bool) { return name, strings.HasSuffix(name, ".conf") })
}

// leftDropIns are drop-ins of which a killed run left only the copies.
func leftDropIns(h *host.Host, unit string) []string {
	return inDropIns(h, unit, func(name string) (string, bool) {
		kept, isKept := strings.CutSuffix(name, undo.KeptSuffix)
		return strings.TrimPrefix(kept, "."), isKept
	})
}

func inDropIns(h *host.Host, unit string, which func(name string) (string, bool)) []string {
	var found []string
	for _, folder := range host.DropInFolders {
		at := filepath.Join(folder, unit+".d")
		for _, name := range h.List(at) {
			if one, wanted := which(name); wanted {
				found = append(found, filepath.Join(at, one))
			}
		}
	}
	return found
}
