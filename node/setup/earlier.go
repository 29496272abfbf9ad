package setup

import (
	"bytes"
	"path/filepath"
	"strings"

	"gatehouse/node/host"
)

// Earlier versions left these.
const (
	earlierPrograms = host.Gatehouse + "/lib"
	earlierRecord   = host.Gatehouse + "/node.conf"
	// earlierArriving is where secrets arrived: on the disk.
	earlierArriving = host.Gatehouse + "/incoming-secrets"
)

// removeEarlier removes the shell programs of an earlier version, and the record that they read, once no unit calls them any
// more: neither an installed unit nor one of a release to which an instance may roll back.
func removeEarlier(h *host.Host) error {
	if !h.Exists(earlierPrograms) {
		return h.Remove(earlierRecord)
	}
	for _, folder := range unitFolders(h) {
		for _, name := range h.List(folder) {
			if !strings.HasSuffix(name, ".service") {
				continue
			}
			text, err := h.Read(filepath.Join(folder, name))
			if err == nil && bytes.Contains(text, []byte(earlierPrograms+"/")) {
				return nil
			}
		}
	}
	if err := h.Remove(earlierPrograms); err != nil {
		return err
	}
	return h.Remove(earlierRecord)
}

// removeEarlierArriving removes the mesh's folder on the disk, and the one that all meshes of the node shared once it is empty.
func removeEarlierArriving(h *host.Host, mesh string) error {
	err := h.Remove(filepath.Join(earlierArriving, mesh))
	h.RemoveEmpty(earlierArriving)
	return err
}

func unitFolders(h *host.Host) []string {
	folders := []string{host.UnitDir}
	for _, name := range h.List(host.Instances) {
		releases := filepath.Join(host.Instances, name, "releases")
		for _, release := range h.List(releases) {
			folders = append(folders, filepath.Join(releases, release, "systemd"))
		}
	}
	return folders
}
