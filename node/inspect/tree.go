package inspect

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
)

// tree lists Gatehouse's folder, without the content of releases and of unpacked archives.
func (n Node) tree() []document.TreeEntry {
	tree := []document.TreeEntry{}
	top := n.Host.Path(host.Gatehouse)
	_ = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == top {
			return nil // a folder that was just removed
		}
		below := strings.Split(strings.TrimPrefix(path, top+"/"), "/")
		if len(below) == 4 && below[0] == "instances" && below[2] == "releases" {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if len(below) == 3 && below[0] == "binaries" && below[2] == instance.Unpacked && entry.IsDir() {
			return fs.SkipDir
		}
		one := document.TreeEntry{Path: strings.TrimPrefix(path, n.Host.Root), Type: "?"}
		switch entry.Type() {
		case 0:
			one.Type = "f"
		case fs.ModeDir:
			one.Type = "d"
		case fs.ModeSymlink:
			one.Type = "l"
			one.Target, _ = os.Readlink(path)
		}
		tree = append(tree, one)
		return nil
	})
	return tree
}

// unpacked are the archives that were unpacked here.
func (n Node) unpacked() []document.UnpackedReport {
	found := []document.UnpackedReport{}
	for _, sum := range n.Host.List(host.Binaries) {
		if n.Host.Exists(filepath.Join(host.Binaries, sum, instance.Unpacked)) {
			found = append(found, document.UnpackedReport{SHA256: sum, Whole: instance.IsUnpacked(n.Host, sum)})
		}
	}
	return found
}

var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// needed are the binaries that a release names.
func (n Node) needed() []string {
	needed := []string{}
	for _, name := range n.Host.List(host.Instances) {
		releases := filepath.Join(host.Instances, name, "releases")
		for _, release := range n.Host.List(releases) {
			if sum := n.binaryOf(filepath.Join(releases, release)); isSHA256.MatchString(sum) {
				needed = append(needed, sum)
			}
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

// binaryOf a release of this version, or of an earlier one.
func (n Node) binaryOf(folder string) string {
	if text, err := n.Host.Read(filepath.Join(folder, "instance.json")); err == nil {
		var release document.Instance
		if json.Unmarshal(text, &release) != nil || release.Binary == nil {
			return ""
		}
		return release.Binary.SHA256
	}
	text, err := n.Host.Read(filepath.Join(folder, "instance.conf"))
	if err != nil {
		return ""
	}
	return host.Conf(string(text))["BINARY_SHA256"]
}

var signature = []byte(mark.Written)

// written are the units and definitions that say that Gatehouse wrote them.
func (n Node) written() []string {
	written := []string{}
	for _, place := range []struct{ folder, ending string }{{host.UnitDir, ".service"}, {host.ConsulDir, ".hcl"}} {
		for _, name := range n.Host.List(place.folder) {
			path := filepath.Join(place.folder, name)
			if !strings.HasSuffix(name, place.ending) || strings.HasPrefix(name, ".") || !isFile(n.Host.Path(path)) {
				continue
			}
			if text, err := n.Host.Read(path); err == nil && bytes.Contains(text, signature) {
				written = append(written, path)
			}
		}
	}
	return written
}

// isFile keeps pipes and devices from being read.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
