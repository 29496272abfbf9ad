// Package secrets takes the secrets that Terraform put on this node, and makes the folder and the environment files for those
// that are kept.
package secrets

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"gatehouse/node/host"
)

// limit of a file of secrets, in bytes: far more than any has.
const limit = 4 << 20

// Arriving is the folder in which the secrets of a mesh arrive. Each mesh has its own, since two meshes may be deployed by
// two users.
func Arriving(mesh string) string { return filepath.Join(host.Arriving, mesh) }

// Take reads the secrets that arrived for a mesh under a name, and removes the file, even an unreadable one: from here on the
// secrets are only in memory. Take also makes the folder for those that are kept.
func Take(h *host.Host, mesh, name string) (map[string]string, error) {
	path := filepath.Join(Arriving(mesh), name+".json")
	content, err := read(h.Path(path))
	if removing := h.Remove(path); removing != nil {
		return nil, fmt.Errorf("the secrets for this step stay at %s, since the file cannot be removed: %w. Remove it and deploy again", path, removing)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the secrets for this step did not arrive at %s; deploy again", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the secrets for this step, in %s, cannot be read: %w; deploy again", path, err)
	}
	if err := Folder(h); err != nil {
		return nil, err
	}
	var values map[string]string
	if json.Unmarshal(content, &values) != nil { // its error may quote a secret
		return nil, fmt.Errorf("the secrets for this step, in %s, are not a JSON object of texts; deploy again", path)
	}
	return values, nil
}

// TakeOne takes the only secret of a step, which has this key in the file of this name: a token.
func TakeOne(h *host.Host, mesh, name, key string) (string, error) {
	values, err := Take(h, mesh, name)
	if err != nil {
		return "", err
	}
	if values[key] == "" {
		return "", errors.New("the secrets for this step have no token; deploy again")
	}
	return values[key], nil
}

// read a regular file that has one name. The folder belongs to the user who logs in: a link there could lead to any file.
func read(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, errors.New("it is a symbolic link")
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return nil, err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Nlink != 1 {
		return nil, errors.New("it is not a plain file")
	}
	if stat.Size > limit {
		return nil, fmt.Errorf("it has %d bytes, and %d are allowed", stat.Size, limit)
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// escape of systemd.exec(5): between double quotes, these need a backslash.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`)

// Environment is the text from which systemd reads these secrets as variables, one a line.
func Environment(values map[string]string, names []string) ([]byte, error) {
	var lines strings.Builder
	for _, name := range names {
		value := values[name]
		if !oneLine(value) {
			return nil, fmt.Errorf("the value of %s cannot be an environment variable: it has to be one line of text and not empty. Correct it in the mesh's secrets and deploy again", name)
		}
		fmt.Fprintf(&lines, "%s=\"%s\"\n", name, escape.Replace(value))
	}
	return []byte(lines.String()), nil
}

// oneLine says whether systemd accepts a text as a value: it drops texts with control characters or that are not for
// interchange.
func oneLine(text string) bool {
	if text == "" || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
	})
}

// Folder makes the folder of secrets, which only root may enter.
func Folder(h *host.Host) error { return h.Folder(host.Secrets, 0o700, host.Owner{}) }
