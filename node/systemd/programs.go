package systemd

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Questions that systemd answers through its programs alone.

func (m *manager) Verify(ctx context.Context, files ...string) error {
	out, err := exec.CommandContext(ctx, "systemd-analyze", append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemd refuses the units: %s", strings.TrimSpace(string(out)))
	}
	return nil
}

func (m *manager) Journal(ctx context.Context, unit string, lines int) string {
	out, _ := exec.CommandContext(ctx, "journalctl", "--no-pager", "-o", "short-precise", "-n", fmt.Sprint(lines), "-u", unit).CombinedOutput()
	return string(out)
}
