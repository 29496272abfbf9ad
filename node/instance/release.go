package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
)

const (
	documentFile = "instance.json"
	secretFile   = "secret.env"
	legacyConf   = "instance.conf"
)

// Reserved says whether files of this name are the Consul agent's or the node's own, and no instance's.
func Reserved(name string) bool { return name == "consul" || strings.HasPrefix(name, "gatehouse-") }

// checkName refuses a name that no instance can have, and one whose files would be the agent's own.
func checkName(name string) error {
	if !document.ValidName(name) {
		return fmt.Errorf("%q cannot be an instance: a name has only letters, digits, '.', '_' and '-'", name)
	}
	if Reserved(name) {
		return fmt.Errorf("%q cannot be an instance: files of that name are the node's own", name)
	}
	return nil
}

// check refuses a document that would write outside the instance's own paths.
func check(release document.Instance) error {
	if err := checkName(release.Name); err != nil {
		return err
	}
	if !document.ValidName(release.Release) {
		return fmt.Errorf("%q cannot be a release of %s: it has only letters, digits, '.', '_' and '-'", release.Release, release.Name)
	}
	allowed := map[string]bool{
		definitionPath(release.Name):                    true,
		filepath.Join(host.EnvDir, release.Name+".env"): true,
		fence.Path(release.Name):                        true,
	}
	for _, unit := range allowedUnits(release) {
		allowed[filepath.Join(host.UnitDir, unit)] = true
	}
	if err := checkUnitName(release); err != nil {
		return err
	}
	for _, path := range paths(release) {
		if !allowed[path] && !(release.Kind != document.IngressGateway && isConfig(release.Name, path)) {
			return fmt.Errorf("the release of %s holds the file %s, which is not a path of this instance", release.Name, path)
		}
	}
	return nil
}

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
