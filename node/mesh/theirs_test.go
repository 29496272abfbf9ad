package mesh

import (
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// The unit of others has the name of the service, and is a file of /etc/systemd/system: the worst case.
func TestAUnitOfOthersIsShownAndNotRestarted(t *testing.T) {
	w := newWorld(t)
	load := w.tools.Load
	w.tools.Load = func(h *host.Host, folder string) (document.Instance, error) {
		release, err := load(h, folder)
		release.Unit = "web.service"
		return release, err
	}
	_, out, _ := w.run("restart", "web")
	if strings.Join(w.units.restarted, " ") != "web-sidecar-proxy.service" || !strings.Contains(out, "web.service serves for web, and was not restarted") {
		t.Error(w.units.restarted, out)
	}
	w.says(t, 0, "", "", "logs", "web")
	if w.did[0] != "journalctl -u web.service -u web-sidecar-proxy.service -f -n 50" {
		t.Error(w.did)
	}
	if _, out, _ := w.run("status"); !strings.Contains(out, "\nweb.service  ") {
		t.Error(out)
	}
}

func TestNothingIsRestartedWhereTheReleaseCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.says(t, 1, "", "mesh: which units edge has is not known: no such release\n", "restart", "edge")
	if len(w.units.restarted) > 0 {
		t.Error(w.units.restarted)
	}
}
