package undo

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// Kept is the name under which a file or folder waits until its change is final. It is in the same folder, so that putting it
// back is a rename, which a full disk does not stop; and without an ending that Consul or systemd would read. It is still
// there after a killed run.
//
// A service sees the whole folder of its configuration files, and may read all of it: theirs wait next to the folder.
func Kept(path string) string {
	folder := filepath.Dir(path)
	if filepath.Dir(folder) == host.Config {
		return filepath.Join(host.Config, "."+filepath.Base(folder)+"."+filepath.Base(path)+KeptSuffix)
	}
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+KeptSuffix)
}

// KeptSuffix is how the names of Kept end.
const KeptSuffix = ".gatehouse-before"

// Interrupted says whether an earlier run was killed between the change of one of these paths and its end.
func Interrupted(h *host.Host, paths ...string) bool {
	for _, path := range paths {
		if h.Exists(Kept(path)) {
			return true
		}
	}
	return false
}

// Clean removes what a killed run kept of these paths.
func Clean(h *host.Host, paths ...string) error {
	for _, path := range paths {
		if err := h.Remove(Kept(path)); err != nil {
			return err
		}
	}
	return nil
}

// Write writes a file, and registers how the earlier one is restored with its content, mode and owner.
func (s *Stack) Write(h *host.Host, path string, content []byte, mode os.FileMode, owner host.Owner) error {
	if err := s.before(h, path); err != nil {
		return err
	}
	return h.Write(path, content, mode, owner)
}

// Link makes path a symbolic link to target, and registers how what was there is restored.
func (s *Stack) Link(h *host.Host, target, path string) error {
	if err := s.before(h, path); err != nil {
		return err
	}
	return h.Link(target, path)
}

// before registers how the file that is now at path is restored.
func (s *Stack) before(h *host.Host, path string) error {
	if s.files[path] {
		return nil
	}
	if !h.Exists(path) {
		s.registered(path)
		s.Add("remove "+path, func(context.Context) error { return h.Remove(path) })
		return nil
	}
	kept := Kept(path)
	if err := h.Remove(kept); err != nil {
		return err
	}
	if err := h.HardLink(path, kept); err != nil {
		return err
	}
	s.registered(path)
	s.AddKept("put back "+path, func(context.Context) error {
		if err := h.Rename(kept, path); err != nil {
			return err
		}
		return h.Remove(kept) // a rename of one name of a file to another name of it does nothing
	}, func() error { return h.Remove(kept) })
	return nil
}

func (s *Stack) registered(path string) {
	if s.files == nil {
		s.files = map[string]bool{}
	}
	s.files[path] = true
}

// WriteIfNew writes unless the file is there with this content, mode and owner; it says whether it wrote.
func (s *Stack) WriteIfNew(h *host.Host, path string, content []byte, mode os.FileMode, owner host.Owner) (bool, error) {
	if h.Owns(path, mode, owner) {
		if now, err := h.Read(path); err == nil && bytes.Equal(now, content) {
			return false, nil
		}
	}
	return true, s.Write(h, path, content, mode, owner)
}

// Install writes one of a document's files, for root, unless it is there already; it says whether it wrote.
func (s *Stack) Install(h *host.Host, file document.File) (bool, error) {
	mode, err := file.FileMode()
	if err != nil {
		return false, err
	}
	return s.WriteIfNew(h, file.Path, []byte(file.Content), mode, host.Owner{})
}

// Remove removes a file or folder, and registers how it is restored. It says whether there was one.
func (s *Stack) Remove(h *host.Host, path string) (bool, error) {
	if !h.Exists(path) {
		return false, nil
	}
	if s.files[path] {
		return true, h.Remove(path)
	}
	kept := Kept(path)
	if err := h.Remove(kept); err != nil {
		return false, err
	}
	if err := h.Rename(path, kept); err != nil {
		return false, err
	}
	s.registered(path)
	s.AddKept("put back "+path, func(context.Context) error { return h.Rename(kept, path) }, func() error { return h.Remove(kept) })
	return true, nil
}

// Folder makes a folder and its missing parents, with this mode and owner. It registers that the new ones are removed again
// if they are empty then, and that an existing one gets its mode and owner back.
func (s *Stack) Folder(h *host.Host, path string, mode os.FileMode, owner host.Owner) error {
	var missing []string // the deepest first
	for folder := path; !h.Exists(folder) && folder != "/"; folder = filepath.Dir(folder) {
		missing = append(missing, folder)
	}
	if len(missing) > 0 {
		s.Add("remove "+path, func(context.Context) error {
			h.RemoveEmpty(missing...)
			return nil
		})
	} else if err := s.folderAsItIs(h, path); err != nil {
		return err
	}
	return h.Folder(path, mode, owner)
}

func (s *Stack) folderAsItIs(h *host.Host, path string) error {
	info, err := os.Stat(h.Path(path))
	if err != nil {
		return err
	}
	s.Add("give "+path+" its mode and owner back", func(context.Context) error {
		err := os.Chmod(h.Path(path), info.Mode())
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && err == nil && !h.Unowned {
			err = os.Chown(h.Path(path), int(stat.Uid), int(stat.Gid))
		}
		return err
	})
	return nil
}
