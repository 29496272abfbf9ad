package instance

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gatehouse/node/consul/consultest"
)

func TestConsulTakesTheDefinitionThatKeepsPorts(t *testing.T) {
	t.Parallel()
	program, err := consultest.Find()
	if err != nil {
		t.Skip(err)
	}
	for _, token := range []string{"", "11111111-2222-3333-4444-555555555555"} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "ports.hcl"), keptDefinition([]int{21000, 21003}, token), 0o600); err != nil {
			t.Fatal(err)
		}
		settings := []byte("data_dir = \"/tmp\"\nbind_addr = \"127.0.0.1\"\n")
		if err := os.WriteFile(filepath.Join(folder, "agent.hcl"), settings, 0o600); err != nil {
			t.Fatal(err)
		}
		if output, err := exec.Command(program, "validate", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	}
}
