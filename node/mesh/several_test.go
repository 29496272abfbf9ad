package mesh

import (
	"strings"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestWithSeveralMeshesTheNameIsPrinted(t *testing.T) {
	w := newWorld(t)
	for path, text := range map[string]string{
		host.RecordFile("shop"):                  `{"mesh":"shop","node":"worker1","role":"worker"}`,
		host.RecordFile("stock"):                 `{"mesh":"stock","node":"worker1","role":"worker"}`,
		host.Instances + "/claimed/history.json": "{}",
	} {
		testkit.Put(t, w.root, path, text)
	}
	_, status, _ := w.run("status")
	for _, line := range []string{"release of web (mesh shop): 111111111111", "release of edge (mesh stock): none"} {
		if !strings.Contains(status, line) {
			t.Errorf("missing: %s\n%s", line, status)
		}
	}
	if strings.Contains(status, "claimed") {
		t.Errorf("printed, and nothing runs: %s", status)
	}
	if _, usage, _ := w.run("help"); !strings.Contains(usage, "mesh: the meshes 'shop' and 'stock' on this node, worker1") {
		t.Error(usage)
	}
}
