package instance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Home of an instance: its releases, which of them runs, and its record.
func Home(name string) string { return filepath.Join(host.Instances, name) }

func releaseFolder(name, release string) string {
	return filepath.Join(Home(name), "releases", release)
}

func currentLink(name string) string { return filepath.Join(Home(name), "current") }

const (
	documentFile = "instance.json"
	secretFile   = "secret.env"
	legacyConf   = "instance.conf"
)

// IDs under which Consul knows an instance.
func IDs(kind document.Kind, name string) []string {
	if kind == document.Service {
		return []string{name, sidecarID(name)}
	}
	return []string{name}
}

func sidecarID(name string) string { return name + "-sidecar-proxy" }

func mainUnit(name string) string { return name + ".service" }

func sidecarUnit(name string) string { return sidecarID(name) + ".service" }

// Units of an instance, the process that callers want first.
func Units(kind document.Kind, name string) []string {
	if kind == document.Service {
		return []string{mainUnit(name), sidecarUnit(name)}
	}
	return []string{mainUnit(name)}
}

// envoyUnit is the unit whose process is the instance's Envoy.
func envoyUnit(release document.Instance) string {
	if release.Kind == document.Service {
		return sidecarUnit(release.Name)
	}
	return mainUnit(release.Name)
}

// Reserved says whether files of this name are the Consul agent's or the node's own, and no instance's.
func Reserved(name string) bool { return name == "consul" || strings.HasPrefix(name, "gatehouse-") }

// checkName refuses what cannot be an instance, and what would take the agent's own files for one's.
func checkName(name string) error {
	if !document.ValidName(name) {
		return fmt.Errorf("%q cannot be an instance: a name has letters, digits, '.', '_' and '-' alone", name)
	}
	if Reserved(name) {
		return fmt.Errorf("%q cannot be an instance: files of that name are the node's own", name)
	}
	return nil
}

// check refuses a document that would write somewhere else than where the instance's files belong.
func check(release document.Instance) error {
	if err := checkName(release.Name); err != nil {
		return err
	}
	if !document.ValidName(release.Release) {
		return fmt.Errorf("%q cannot be a release of %s: it has letters, digits, '.', '_' and '-' alone", release.Release, release.Name)
	}
	allowed := map[string]bool{
		definitionPath(release.Name):                    true,
		filepath.Join(host.EnvDir, release.Name+".env"): true,
	}
	for _, unit := range Units(release.Kind, release.Name) {
		allowed[filepath.Join(host.UnitDir, unit)] = true
	}
	for _, file := range release.Files {
		if !allowed[file.Path] {
			return fmt.Errorf("the release of %s holds the file %s, which is not a place of this instance", release.Name, file.Path)
		}
	}
	return nil
}

// belongsTo says whether a path is a place of an instance of this name, of whichever kind.
func belongsTo(name, path string) bool {
	places := []string{definitionPath(name), filepath.Join(host.EnvDir, name+".env")}
	for _, unit := range Units(document.Service, name) {
		places = append(places, filepath.Join(host.UnitDir, unit))
	}
	return slices.Contains(places, path)
}

func definitionPath(name string) string { return filepath.Join(host.ConsulDir, name+".hcl") }

func secretEnvPath(name string) string { return filepath.Join(host.Secrets, name+".env") }

// TokenFile of an instance: the token with which its Envoy and its registration talk to Consul.
func TokenFile(name string) string { return filepath.Join(host.Secrets, name+".token") }

// Load the release in a folder: of this version, or of an earlier one, which wrote a file for each of its parts.
func Load(h *host.Host, folder string) (document.Instance, error) {
	text, err := h.Read(filepath.Join(folder, documentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return loadLegacy(h, folder)
	}
	var release document.Instance
	if err == nil {
		err = json.Unmarshal(text, &release)
	}
	if err != nil {
		return release, fmt.Errorf("the release in %s cannot be read: %w", folder, err)
	}
	return release, nil
}

// Current release of an instance, and whether there is one.
func Current(h *host.Host, name string) (document.Instance, bool) {
	release, err := Load(h, currentLink(name))
	return release, err == nil
}

// secretEnv are the secret variables that a release holds, as systemd reads them. nil when it has none.
func secretEnv(h *host.Host, folder string, release document.Instance) ([]byte, error) {
	if len(release.Secrets) == 0 {
		return nil, nil
	}
	text, err := h.Read(filepath.Join(folder, secretFile))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = h.Read(filepath.Join(folder, "secrets", release.Name+".env")) // of an earlier version
	}
	return text, err
}

// recoverReplaced puts a release back that a run which was killed had moved away.
func recoverReplaced(h *host.Host, name string) error {
	folder := filepath.Join(Home(name), "releases")
	for _, one := range h.List(folder) {
		release, replaced := strings.CutSuffix(one, replacedSuffix)
		if replaced && !h.Exists(filepath.Join(folder, release)) {
			if err := h.Rename(filepath.Join(folder, one), filepath.Join(folder, release)); err != nil {
				return err
			}
		}
	}
	return nil
}

// replacedSuffix of a release's folder while another content takes its name.
const replacedSuffix = ".replaced"

// stage puts a release into its folder, whole or not at all, and returns how that is taken back.
func stage(h *host.Host, release document.Instance, secrets []byte) (unstage func() error, err error) {
	text, err := json.MarshalIndent(release, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	folder := releaseFolder(release.Name, release.Release)
	if sameFile(h, filepath.Join(folder, documentFile), text) && sameFile(h, filepath.Join(folder, secretFile), secrets) {
		return func() error { return nil }, nil // it is there already, and perhaps in service
	}
	staging, replaced := folder+".staging", folder+replacedSuffix
	for _, leftover := range []string{staging, replaced} {
		if err := h.Remove(leftover); err != nil {
			return nil, err
		}
	}
	if err := writeRelease(h, staging, text, secrets); err != nil {
		return nil, errors.Join(err, h.Remove(staging))
	}
	existed := h.Exists(folder)
	if existed {
		if err := h.Rename(folder, replaced); err != nil {
			return nil, errors.Join(err, h.Remove(staging))
		}
	}
	unstage = func() error {
		err := h.Remove(folder)
		if existed {
			err = errors.Join(err, h.Rename(replaced, folder))
		}
		return err
	}
	if err := h.Rename(staging, folder); err != nil {
		return nil, errors.Join(err, unstage(), h.Remove(staging))
	}
	return unstage, nil
}

func writeRelease(h *host.Host, folder string, text, secrets []byte) error {
	if err := h.Folder(folder, 0o755, host.Owner{}); err != nil {
		return err
	}
	// The environment is in it, which only root may read.
	if err := h.Write(filepath.Join(folder, documentFile), text, 0o600, host.Owner{}); err != nil || secrets == nil {
		return err
	}
	return h.Write(filepath.Join(folder, secretFile), secrets, 0o600, host.Owner{})
}

func sameFile(h *host.Host, path string, content []byte) bool {
	have, err := h.Read(path)
	if content == nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return err == nil && bytes.Equal(have, content)
}
