package secrets_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/node/host"
	"gatehouse/node/secrets"
)

func TestTake(t *testing.T) {
	h := &host.Host{Root: t.TempDir(), Out: io.Discard, Unowned: true, LockTimeout: time.Second}
	arriving := h.Path(host.Arriving)
	if err := os.MkdirAll(arriving, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(text string) {
		if err := os.WriteFile(arriving+"/agent.json", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := secrets.Take(h, "agent"); err == nil || !strings.Contains(err.Error(), "did not arrive at /opt/gatehouse/incoming-secrets/agent.json") {
		t.Errorf("error: %v", err)
	}
	put(`{"ca": "text", "none": null}`)
	values, err := secrets.Take(h, "agent")
	if err != nil || values["ca"] != "text" || h.Exists(host.Arriving+"/agent.json") {
		t.Errorf("%v %v", values, err)
	}
	put(`{"ca": "hidden", "key": 1}`)
	if _, err := secrets.Take(h, "agent"); err == nil || strings.Contains(err.Error(), "hidden") || h.Exists(host.Arriving+"/agent.json") {
		t.Errorf("error: %v", err)
	}
	if err := os.Symlink("/etc/passwd", arriving+"/agent.json"); err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.Take(h, "agent"); err == nil {
		t.Error("it followed a link")
	}
}
