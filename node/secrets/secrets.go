// Package secrets takes what Terraform put on the node for one step.
package secrets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"gatehouse/node/host"
)

// Take the secrets of a step. From here on they are in memory and nowhere else, whatever happens.
func Take(h *host.Host, name string) (map[string]string, error) {
	path := filepath.Join(host.Arriving, name+".json")
	info, err := os.Lstat(h.Path(path))
	if err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the secrets for this step did not arrive at %s; deploy again", path)
	}
	text, err := h.Read(path)
	if removed := h.Remove(path); err == nil {
		err = removed
	}
	if err != nil {
		return nil, err
	}
	var values map[string]string
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("the secrets at %s are not what this program reads; deploy again", path)
	}
	return values, nil
}

// Environment of these variables as systemd reads them from a file.
func Environment(values map[string]string, names []string) ([]byte, error) {
	var text strings.Builder
	for _, name := range names {
		value := values[name]
		if value == "" || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, fmt.Errorf("the value of %s cannot be an environment variable: it has to be one line of text and not empty. Correct it in the mesh's secrets and deploy again", name)
		}
		fmt.Fprintf(&text, "%s=\"%s\"\n", name, escape.Replace(value))
	}
	return []byte(text.String()), nil
}

// escape of systemd.exec(5): within double quotes a backslash stands before these.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`)
