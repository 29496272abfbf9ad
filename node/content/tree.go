package content

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// tree is a folder that an archive is unpacked into.
type tree struct {
	root *os.Root
	// left of the limits.
	left, limits Limits
	// folders that are there.
	folders map[string]bool
	// links by name, with their targets. They are made last, so that no entry is written through one.
	links [][2]string
}

// count one.
func (t *tree) count() error {
	if t.left.Entries--; t.left.Entries < 0 {
		return t.tooMany()
	}
	return nil
}

func (t *tree) tooMany() error {
	return fmt.Errorf("it has more than %d files, folders and links", t.limits.Entries)
}

// cleaned is the name of an entry without "./" and a "/" at the end.
func cleaned(name string) (string, error) {
	if !filepath.IsLocal(name) || slices.Contains(strings.Split(name, "/"), "..") || strings.Contains(name, "\x00") {
		return "", refusal(name, "leads out of the folder")
	}
	return path.Clean(name), nil
}

// entry counts one that is no folder, and returns its clean name.
func (t *tree) entry(name string) (string, error) {
	if err := t.count(); err != nil {
		return "", err
	}
	return cleaned(name)
}

func (t *tree) folder(name string) error {
	clean, err := cleaned(name)
	if err != nil {
		return err
	}
	if t.folders[clean] {
		return t.count()
	}
	return t.make(clean)
}

// make a folder with its parents, each of which counts, for everybody to read whatever the umask is.
func (t *tree) make(name string) error {
	if t.folders[name] {
		return nil
	}
	if err := t.make(path.Dir(name)); err != nil {
		return err
	}
	if err := t.count(); err != nil {
		return err
	}
	if err := t.root.Mkdir(name, 0o755); err != nil {
		return twice(name, err)
	}
	t.folders[name] = true
	return t.root.Chmod(name, 0o755)
}

func twice(name string, err error) error {
	if errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTDIR) {
		return refusal(name, "is in it twice, or below a file")
	}
	return err
}

// file is executable for all when it is so for its owner.
func (t *tree) file(name string, mode fs.FileMode, content io.Reader) error {
	clean, err := t.entry(name)
	if err != nil {
		return err
	}
	if err := t.make(path.Dir(clean)); err != nil {
		return err
	}
	file, err := t.root.OpenFile(clean, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return twice(clean, err)
	}
	defer file.Close()
	written, err := io.Copy(file, io.LimitReader(content, t.left.Bytes+1))
	if err != nil {
		return refusal(name, "cannot be unpacked: %v", err)
	}
	if t.left.Bytes -= written; t.left.Bytes < 0 {
		return fmt.Errorf("it has more than %d MiB when unpacked, which is the room for it on this node", t.limits.Bytes>>20)
	}
	normal := fs.FileMode(0o644)
	if mode&0o100 != 0 {
		normal = 0o755
	}
	if err := file.Chmod(normal); err != nil {
		return err
	}
	return file.Close()
}

func (t *tree) link(name, target string) error {
	clean, err := t.entry(name)
	if err != nil {
		return err
	}
	if path.IsAbs(target) || !filepath.IsLocal(path.Join(path.Dir(clean), target)) {
		return refusal(name, "is a link that leads out of the folder, to %q", target)
	}
	t.links = append(t.links, [2]string{clean, target})
	return nil
}

// hardLink to a file that came before.
func (t *tree) hardLink(name, target string) error {
	clean, err := t.entry(name)
	if err != nil {
		return err
	}
	to, err := cleaned(target)
	if err != nil {
		return err
	}
	if info, err := t.root.Lstat(to); err != nil || !info.Mode().IsRegular() {
		return refusal(name, "is another name of %q, which is no file before it", target)
	}
	if err := t.make(path.Dir(clean)); err != nil {
		return err
	}
	return twice(clean, t.root.Link(to, clean))
}

// finish makes the links. One may lead through others: where it ends is known when all are there.
func (t *tree) finish() error {
	for _, link := range t.links {
		if err := t.make(path.Dir(link[0])); err != nil {
			return err
		}
		if err := t.root.Symlink(link[1], link[0]); err != nil {
			return twice(link[0], err)
		}
	}
	for _, link := range t.links {
		if _, err := t.root.Stat(link[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refusal(link[0], "is a link that leads out of the folder or nowhere, to %q", link[1])
		}
	}
	return nil
}
