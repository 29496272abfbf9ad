package host

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// backupName is the name of the folder with the copies of one moment.
	backupName = "20060102T150405Z"
	// KeepCopies is how long a copy of a person's file is kept: long enough to be missed.
	KeepCopies = 90 * 24 * time.Hour
)

// Copies are the folders with copies of what a person made, each with the moment of its copies. Folders of other names are not
// Gatehouse's.
func (h *Host) Copies() map[string]time.Time {
	copies := map[string]time.Time{}
	for _, name := range h.List(Backups) {
		if made, err := time.Parse(backupName, name); err == nil {
			copies[filepath.Join(Backups, name)] = made
		}
	}
	return copies
}

// PruneCopies removes copies that are older than KeepCopies, and those of files that were put back as they were.
func (h *Host) PruneCopies(now time.Time) error {
	for folder, made := range h.Copies() {
		if now.Sub(made) > KeepCopies {
			h.Say("removing copies that are older than %d days: %s", int(KeepCopies.Hours()/24), folder)
			if err := h.Remove(folder); err != nil {
				return err
			}
			continue
		}
		if err := h.pruneSame(folder); err != nil {
			return err
		}
	}
	h.RemoveEmpty(Backups)
	return nil
}

// pruneSame removes the copies in a folder whose originals are in their places, and the folders that are empty then.
func (h *Host) pruneSame(folder string) error {
	var folders []string
	err := filepath.WalkDir(h.Path(folder), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			folders = append(folders, path)
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		original, err := filepath.Rel(h.Path(folder), path)
		if err != nil || !isSame(path, h.Path("/"+original)) {
			return err
		}
		return os.Remove(path)
	})
	for i := len(folders) - 1; i >= 0; i-- {
		_ = os.Remove(folders[i]) // as far as it is empty
	}
	return err
}

func isSame(copied, original string) bool {
	a, errA := os.ReadFile(copied)
	b, errB := os.ReadFile(original)
	infoA, statA := os.Stat(copied)
	infoB, statB := os.Stat(original)
	return errA == nil && errB == nil && statA == nil && statB == nil && infoA.Mode() == infoB.Mode() && bytes.Equal(a, b)
}
