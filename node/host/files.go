package host

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Owner and group of a file. The zero value is root:root.
type Owner struct{ User, Group string }

// ConsulMayRead is for files that hold a token which the agent needs.
var ConsulMayRead = Owner{User: "root", Group: "consul"}

func (o Owner) ids() (uid, gid int, err error) {
	if o.User != "" && o.User != "root" {
		found, err := user.Lookup(o.User)
		if err != nil {
			return 0, 0, err
		}
		if uid, err = strconv.Atoi(found.Uid); err != nil {
			return 0, 0, err
		}
	}
	if o.Group != "" && o.Group != "root" {
		found, err := user.LookupGroup(o.Group)
		if err != nil {
			return 0, 0, err
		}
		if gid, err = strconv.Atoi(found.Gid); err != nil {
			return 0, 0, err
		}
	}
	return uid, gid, nil
}

// Write writes a file, whole or not at all. At no moment can more users read it than its mode allows.
func (h *Host) Write(path string, content []byte, mode os.FileMode, owner Owner) error {
	if err := h.fault("write", path); err != nil {
		return err
	}
	pending, err := renameio.NewPendingFile(h.Path(path), renameio.WithTempDir(filepath.Dir(h.Path(path))), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // after CloseAtomicallyReplace there is nothing to clean up
	if _, err := pending.Write(content); err != nil {
		return err
	}
	if err := h.own(pending.File, owner); err != nil {
		return err
	}
	if err := pending.Chmod(mode); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

func (h *Host) own(file *os.File, owner Owner) error {
	if h.Unowned {
		return nil
	}
	uid, gid, err := owner.ids()
	if err != nil {
		return err
	}
	return file.Chown(uid, gid)
}

// Owns says whether a file has this owner and mode.
func (h *Host) Owns(path string, mode os.FileMode, owner Owner) bool {
	info, err := os.Lstat(h.Path(path))
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != mode {
		return false
	}
	if h.Unowned {
		return true
	}
	uid, gid, err := owner.ids()
	stat, ok := info.Sys().(*unix.Stat_t)
	if err != nil {
		return false
	}
	if !ok {
		var own unix.Stat_t
		if unix.Lstat(h.Path(path), &own) != nil {
			return false
		}
		stat = &own
	}
	return int(stat.Uid) == uid && int(stat.Gid) == gid
}

// Folder makes a folder and its missing parents, with this mode and owner.
func (h *Host) Folder(path string, mode os.FileMode, owner Owner) error {
	if err := h.fault("mkdir", path); err != nil {
		return err
	}
	if err := os.MkdirAll(h.Path(path), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(h.Path(path), mode); err != nil {
		return err
	}
	if h.Unowned {
		return nil
	}
	uid, gid, err := owner.ids()
	if err != nil {
		return err
	}
	return os.Chown(h.Path(path), uid, gid)
}

// Read a file. When there is none, errors.Is(err, fs.ErrNotExist).
func (h *Host) Read(path string) ([]byte, error) { return os.ReadFile(h.Path(path)) }

// Exists says whether there is something, a broken link included.
func (h *Host) Exists(path string) bool {
	_, err := os.Lstat(h.Path(path))
	return err == nil
}

// List of the names in a folder, sorted; empty when there is none.
func (h *Host) List(path string) []string {
	entries, _ := os.ReadDir(h.Path(path))
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// Remove a file or a folder with all that is in it. It is no error when there is none.
func (h *Host) Remove(path string) error {
	if !filepath.IsAbs(path) || filepath.Clean(path) == "/" {
		return fmt.Errorf("%q is no path of a file to remove", path)
	}
	if !h.Exists(path) {
		return nil
	}
	if err := h.fault("remove", path); err != nil {
		return err
	}
	return os.RemoveAll(h.Path(path))
}

// RemoveEmpty removes folders as far as they are empty.
func (h *Host) RemoveEmpty(paths ...string) {
	for _, path := range paths {
		_ = os.Remove(h.Path(path))
	}
}

// Link makes path a symbolic link to target, in one step also where there is one.
func (h *Host) Link(target, path string) error {
	if err := h.fault("link", path); err != nil {
		return err
	}
	return renameio.Symlink(target, h.Path(path))
}

// HardLink gives a file a second name, to, in the same file system.
func (h *Host) HardLink(from, to string) error {
	if err := h.fault("hardlink", to); err != nil {
		return err
	}
	return os.Link(h.Path(from), h.Path(to))
}

// Rename moves a file or folder within its file system.
func (h *Host) Rename(from, to string) error {
	if err := h.fault("rename", to); err != nil {
		return err
	}
	return os.Rename(h.Path(from), h.Path(to))
}
