package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Backup keeps copies of files that a person made. It says so only when every copy is there.
func (h *Host) Backup(paths ...string) error {
	folder := filepath.Join(Backups, time.Now().UTC().Format(backupName))
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
