// Package secrets takes the secrets that Terraform put on this node.
package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"gatehouse/node/host"
)

// Take reads the secret file of this name and removes it: from here on the values are in the result alone, whatever
// happens.
func Take(h *host.Host, name string) (map[string]string, error) {
	path := filepath.Join(host.Arriving, name+".json")
	text, err := read(h.Path(path))
	if err != nil {
		return nil, fmt.Errorf("the secrets for this step did not arrive at %s (%w); deploy again", path, err)
	}
	if err := h.Remove(path); err != nil {
		return nil, fmt.Errorf("the secrets at %s cannot be removed: %w", path, err)
	}
	if err := h.Folder(host.Secrets, 0o700, host.Owner{}); err != nil {
		return nil, err
	}
	var values map[string]string
	if err := json.Unmarshal(text, &values); err != nil {
		// The error of the decoder may quote a value.
		return nil, fmt.Errorf("the secrets that arrived at %s are not a JSON object of texts; deploy again", path)
	}
	return values, nil
}

// read a regular file. The user who logs in owns the folder, so a link or a pipe may be there instead.
func read(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	return io.ReadAll(file)
}
