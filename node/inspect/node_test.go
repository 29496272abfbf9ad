package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/sockets"
	"gatehouse/node/systemd"
	"gatehouse/node/testkit"
)

// units are a systemd that changes nothing.
type units struct {
	systemd.Manager
	known map[string]systemd.Unit
	err   error
}

func (u units) Unit(_ context.Context, name string) (systemd.Unit, error) {
	unit, found := u.known[name]
	if !found {
		unit.LoadState, unit.ActiveState = "not-found", "inactive"
	}
	unit.Name = name
	return unit, nil
}

func (u units) ServiceNames(context.Context) ([]string, error) {
	var names []string
	for name := range u.known {
		names = append(names, name)
	}
	return names, u.err
}

// agent that knows certificates of some services, each for one token.
type agent struct {
	services []consul.Registration
	checks   []consul.Check
	leader   string
	entry    consul.Entry
	err      error
	leaves   map[string]tls.Certificate // by service and token
}

func (a agent) Registrations(context.Context) ([]consul.Registration, error) {
	return a.services, a.err
}
func (a agent) Checks(context.Context, ...string) ([]consul.Check, error)   { return a.checks, a.err }
func (a agent) Entry(context.Context, string, string) (consul.Entry, error) { return a.entry, a.err }
func (a agent) Leader(context.Context) string                               { return a.leader }
func (a agent) Leaf(_ context.Context, service, token string) (tls.Certificate, error) {
	leaf, found := a.leaves[service+" "+token]
	if !found {
		return leaf, errors.New("403")
	}
	return leaf, nil
}

// node with these files; a path that ends in "/" is a folder.
func node(t *testing.T, files map[string]string) Node {
	t.Helper()
	root := t.TempDir()
	put(t, root, map[string]string{"/proc/uptime": "1234.56 99.00\n"})
	put(t, root, files)
	h := &host.Host{Root: root, Out: io.Discard, Unowned: true, LockTimeout: time.Second}
	one := New(h, units{}, agent{}, "v1")
	one.Open = func(string) []sockets.Socket { return nil }
	one.Fences = func() (open, closed []int, err error) { return nil, nil, nil }
	one.Pause, one.Silence = time.Millisecond, 50*time.Millisecond
	return one
}

func put(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		if strings.HasSuffix(path, "/") {
			testkit.Must(t, os.MkdirAll(filepath.Join(root, path), 0o755))
			continue
		}
		testkit.Put(t, root, path, content)
	}
}

func link(t *testing.T, n Node, target, path string) {
	t.Helper()
	file := n.Host.Path(path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, file); err != nil {
		t.Fatal(err)
	}
}
