package mesh

import (
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestAServiceThatConsulDoesNotKnowHasNoEnvoyToAsk(t *testing.T) {
	w := newWorld(t)
	w.tools.Load = func(*host.Host, string) (document.Instance, error) {
		return document.Instance{Name: "web", Kind: document.Job, Release: "111111111111", Files: []document.File{
			{Path: "/etc/systemd/system/web.service", Content: "[Unit]\n"},
		}}, nil
	}
	_, status, _ := w.run("status")
	testkit.Contains(t, status, "release of web: 111111111111")
	testkit.Lacks(t, status, "envoy of web")
	code, config, _ := w.run("config", "web")
	testkit.Contains(t, config, "### /etc/systemd/system/web.service")
	testkit.Lacks(t, config, "as Consul has it", "clusters")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
}
