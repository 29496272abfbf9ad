package host

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// roomNeeded must be free in each folder that gets files.
const roomNeeded = 4 << 20

// NeedRoom refuses a run early that would fail half-way, on a read-only or a full file system.
func (h *Host) NeedRoom(folders ...string) error {
	for _, folder := range folders {
		there := h.Existing(folder)
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

// Existing is the path of a folder, or of its nearest parent that exists.
func (h *Host) Existing(folder string) string {
	there := h.Path(folder)
	for there != "/" && there != h.Root {
		if info, err := os.Stat(there); err == nil && info.IsDir() {
			break
		}
		there = filepath.Dir(there)
	}
	return there
}
