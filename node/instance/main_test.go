package instance_test

import (
	"context"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

var (
	must       = testkit.Must
	refused    = testkit.Refused
	contains   = testkit.Contains
	lacks      = testkit.Lacks
	difference = testkit.Difference
)

func apply(t *testing.T, n *fake.Node, release document.Instance) {
	t.Helper()
	must(t, n.Apply(context.Background(), release, nil))
}

func same(t *testing.T, what string, got, expected any) {
	t.Helper()
	gotText, isText := got.(string)
	if expectedText, both := expected.(string); isText && both {
		if gotText != expectedText {
			t.Errorf("%s:\n%s", what, difference(expectedText, gotText))
		}
		return
	}
	gotList, isList := got.([]string)
	if expectedList, both := expected.([]string); isList && both {
		if !slices.Equal(gotList, expectedList) {
			t.Errorf("%s: %q, expected %q", what, gotList, expectedList)
		}
		return
	}
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%s: %v, expected %v", what, got, expected)
	}
}

// current release of an instance.
func current(n *fake.Node, name string) string {
	release, _ := instance.Current(n.Host, name)
	return release.Release
}

// restarts that systemd was asked for.
func restarts(n *fake.Node) []string {
	var units []string
	for _, call := range n.Units.Calls() {
		if unit, restart := strings.CutPrefix(call, "restart "); restart {
			units = append(units, unit)
		}
	}
	return units
}

func reloads(n *fake.Node) int {
	count := 0
	for _, request := range n.Consul.Requests() {
		if request == "reload" {
			count++
		}
	}
	return count
}

func token(n *fake.Node, name string) string {
	path := host.Secrets + "/" + name + ".token"
	n.Put(path, "secret-of-"+name+"\n")
	return path
}

// withDefinition changes a text of a release's definition.
func withDefinition(release document.Instance, old, new string) document.Instance {
	release.Files = slices.Clone(release.Files)
	for i, file := range release.Files {
		if strings.HasPrefix(file.Path, host.ConsulDir) {
			release.Files[i].Content = strings.Replace(file.Content, old, new, 1)
		}
	}
	return release
}

// TestMain lets more tests run at the same time than there are processors: they wait more than they work.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8")
	if _, err := os.Stat("/dev/shm"); err == nil {
		_ = os.Setenv("TMPDIR", "/dev/shm") // trials of a configuration are put there
	}
	os.Exit(m.Run())
}
