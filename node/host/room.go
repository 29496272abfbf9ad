package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// roomNeeded must be free in each folder that gets files.
const roomNeeded = 4 << 20

// NeedRoom refuses a run early that would fail half-way, on a read-only or a full file system.
func (h *Host) NeedRoom(folders ...string) error {
	for _, folder := range folders {
		there := h.Path(folder)
		for there != "/" && there != h.Root {
			if info, err := os.Stat(there); err == nil && info.IsDir() {
				break
			}
			there = filepath.Dir(there)
		}
		if err := unix.Access(there, unix.W_OK); err != nil {
			return fmt.Errorf("cannot write to %s (%w); nothing was changed. Mount it writable and deploy again", there, err)
		}
		var stat unix.Statfs_t
		if err := unix.Statfs(there, &stat); err != nil {
			return err
		}
		if free := stat.Bavail * uint64(stat.Bsize); free < roomNeeded {
			return fmt.Errorf("only %d MiB are free in %s, %d MiB are needed; nothing was changed. Make room and deploy again", free>>20, there, roomNeeded>>20)
		}
	}
	return nil
}

// Backup keeps copies of files that a person made. It says so only when every copy is there.
func (h *Host) Backup(paths ...string) error {
	folder := filepath.Join(Backups, time.Now().UTC().Format("20060102T150405Z"))
	for _, path := range paths {
		info, err := os.Stat(h.Path(path))
		if err != nil {
			return fmt.Errorf("no copy of %s could be kept: %w", path, err)
		}
		content, err := h.Read(path)
		if err == nil {
			if err = h.Folder(filepath.Dir(folder+path), 0o755, Owner{}); err == nil {
				err = h.Write(folder+path, content, info.Mode().Perm(), Owner{})
			}
		}
		if err != nil {
			return fmt.Errorf("no copy of %s could be kept: %w", path, err)
		}
	}
	if len(paths) > 0 {
		h.Say("kept a copy under %s: %s", folder, strings.Join(paths, " "))
	}
	return nil
}
