package instance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// keepReleases of an instance, the one that runs included.
const keepReleases = 3

// Record of an instance on this node: history.json in its home.
type Record struct {
	document.Owner
	Kind document.Kind `json:"kind"`
	// FoundBefore are files that were here before the first release of this mesh took their place; copies are kept under
	// /var/backups/gatehouse.
	FoundBefore []string `json:"foundBefore"`
	// Releases that were put into service here, the newest first.
	Releases []string `json:"releases"`
	// GivenUp are binaries, by SHA-256, of releases that did not work. A binary stays until another release works, since the
	// same one may be deployed again.
	GivenUp []string `json:"givenUp"`
	// Before are the releases whose commands before the release ran here, the newest first: a content hash each, so that the same
	// release does not run them again.
	Before []string `json:"before,omitempty"`
}

func recordPath(name string) string { return filepath.Join(Home(name), "history.json") }

// rolledBackPath is a file that the preflight's look and the `mesh` command know.
func rolledBackPath(name string) string { return filepath.Join(Home(name), "rolled-back") }

// record of an instance; for releases of an earlier version, the order is that of their folders' times.
func record(h *host.Host, name string) (Record, error) {
	text, err := h.Read(recordPath(name))
	if err == nil {
		var found Record
		if err := json.Unmarshal(text, &found); err != nil {
			return found, fmt.Errorf("%s cannot be read: %w", recordPath(name), err)
		}
		return found, nil
	}
	folder := filepath.Join(Home(name), "releases")
	names := slices.DeleteFunc(h.List(folder), func(name string) bool { return strings.Contains(name, ".") })
	times := map[string]int64{}
	for _, one := range names {
		if info, err := os.Stat(h.Path(filepath.Join(folder, one))); err == nil {
			times[one] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(times[b], times[a]) })
	return Record{Releases: names}, nil
}

func (r Record) write(h *host.Host, name string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return h.Write(recordPath(name), append(text, '\n'), 0o644, host.Owner{})
}

// before is the release that was put into service before this one; "" when none is kept.
func (r Record) before(release string) string {
	if at := slices.Index(r.Releases, release); at >= 0 && at+1 < len(r.Releases) {
		return r.Releases[at+1]
	}
	return ""
}

// succeeded puts a release in front, and behind it the one that it replaced: after a rollback, that is not the one that was
// deployed last.
func (r *Record) succeeded(release, replaced string) {
	order := []string{release}
	for _, one := range append([]string{replaced}, r.Releases...) {
		if one != "" && !slices.Contains(order, one) {
			order = append(order, one)
		}
	}
	r.Releases = order[:min(len(order), keepReleases)]
}

// NeededBinaries are the binaries that releases of instances on this node name, for all meshes.
func NeededBinaries(h *host.Host) map[string]bool { return NeededBy(h, h.List(host.Instances)) }

// NeededBy are the binaries that releases of these instances name.
func NeededBy(h *host.Host, instances []string) map[string]bool {
	needed := map[string]bool{}
	for _, name := range instances {
		folder := filepath.Join(Home(name), "releases")
		for _, release := range h.List(folder) {
			if found, err := Load(h, filepath.Join(folder, release)); err == nil && found.Binary != nil {
				needed[found.Binary.SHA256] = true
			}
		}
	}
	return needed
}
