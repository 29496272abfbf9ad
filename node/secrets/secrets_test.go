package secrets

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func node(t *testing.T) *host.Host {
	h := &host.Host{Root: testkit.Folder(t), Out: new(bytes.Buffer), Unowned: true, LockTimeout: time.Second}
	if err := h.Folder(Arriving("shop"), 0o700, host.Owner{}); err != nil {
		t.Fatal(err)
	}
	return h
}

func arrive(t *testing.T, h *host.Host, content string) string {
	path := h.Path(Arriving("shop") + "/step.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTakeReadsAndRemoves(t *testing.T) {
	h := node(t)
	path := arrive(t, h, `{"a":"1"}`)
	values, err := Take(h, "shop", "step")
	if err != nil || len(values) != 1 || values["a"] != "1" {
		t.Errorf("got %v, %v", values, err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

func TestTakeRefuses(t *testing.T) {
	plant := map[string]func(t *testing.T, h *host.Host, path string){
		"did not arrive": func(*testing.T, *host.Host, string) {},
		"it is a symbolic link": func(t *testing.T, h *host.Host, path string) {
			other := filepath.Join(h.Root, "other")
			testkit.Must(t, os.WriteFile(other, []byte(`{"a":"of another"}`), 0o600))
			testkit.Must(t, os.Symlink(other, path))
		},
		"it is not a plain file": func(t *testing.T, h *host.Host, path string) {
			other := filepath.Join(h.Root, "other")
			testkit.Must(t, os.WriteFile(other, []byte(`{"a":"of another"}`), 0o600))
			testkit.Must(t, os.Link(other, path))
		},
		"are not a JSON object of texts": func(t *testing.T, _ *host.Host, path string) {
			testkit.Must(t, os.WriteFile(path, []byte(`{"a":"1","hidden":2}`), 0o600))
		},
	}
	for reason, prepare := range plant {
		t.Run(reason, func(t *testing.T) {
			h := node(t)
			path := h.Path(Arriving("shop") + "/step.json")
			prepare(t, h, path)
			_, err := Take(h, "shop", "step")
			if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("got %v", err)
			}
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Error("something is still at the place")
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	values := map[string]string{"A": `say "it" \n $HOME`, "B": "b=c"}
	text, err := Environment(values, []string{"B", "A"})
	if want := "B=\"b=c\"\nA=\"say \\\"it\\\" \\\\n \\$HOME\"\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v", text, err)
	}
	for _, bad := range []string{"", "two\nlines", "\x7f", "\u0085", "\ufffe", "\xff"} {
		if _, err := Environment(map[string]string{"X": bad}, []string{"X"}); err == nil || !strings.HasPrefix(err.Error(), "the value of X ") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
