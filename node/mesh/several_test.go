package mesh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/host"
)

func TestWithSeveralMeshesTheNameIsPrinted(t *testing.T) {
	w := newWorld(t)
	for path, text := range map[string]string{
		host.RecordFile("shop"):                  `{"mesh":"shop","node":"worker1","role":"worker"}`,
		host.RecordFile("stock"):                 `{"mesh":"stock","node":"worker1","role":"worker"}`,
		host.Instances + "/claimed/history.json": "{}",
	} {
		file := filepath.Join(w.root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, status, _ := w.run("status")
	for _, line := range []string{"release of web (mesh shop): 111111111111", "release of edge (mesh stock): none"} {
		if !strings.Contains(status, line) {
			t.Errorf("not told: %s\n%s", line, status)
		}
	}
	if strings.Contains(status, "claimed") {
		t.Errorf("told, and nothing runs: %s", status)
	}
	if _, usage, _ := w.run("help"); !strings.Contains(usage, "mesh: the meshes 'shop' and 'stock' on this node, worker1") {
		t.Error(usage)
	}
}
