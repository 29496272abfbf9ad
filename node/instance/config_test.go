package instance_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

const appYAML = host.Config + "/web/app.yaml"

// configured is a release with these configuration files.
func configured(release, reload string, files ...string) document.Instance {
	one := fake.Service("web", release)
	one.Reload = reload
	for i := 0; i < len(files); i += 2 {
		one.Files = append(one.Files, document.File{Path: host.Config + "/web/" + files[i], Mode: "0644", Content: files[i+1]})
	}
	return one
}

func TestConfigurationFilesAreForTheServiceAlone(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	apply(t, n, configured("r1", "", "app.yaml", "a: 1\n"))
	for path, mode := range map[string]os.FileMode{host.Config: 0o700, host.Config + "/web": 0o755, appYAML: 0o644} {
		if info, err := os.Stat(n.Host.Path(path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	n.Forget()
	apply(t, n, configured("r2", "", "app.yaml", "a: 2\n"))
	same(t, "restarts", restarts(n), []string{"web.service"})
	n.Forget()
	apply(t, n, configured("r3", ""))
	same(t, "restarts after the file is gone", restarts(n), []string{"web.service"})
	if n.Host.Exists(host.Config) {
		t.Error("the folder of configuration files is left empty")
	}
	must(t, n.Remove(context.Background(), "web"))
	same(t, "state", n.State(), before)
}

func TestOtherConfigurationFilesAreToldByASignal(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, configured("r1", "SIGHUP", "app.yaml", "a: 1\n", "old.yaml", ""))
	n.Forget()
	var seen []string
	n.Units.OnSignal = func(string, int) { seen = n.Host.List(host.Config + "/web") }
	apply(t, n, configured("r2", "SIGHUP", "app.yaml", "a: 2\n"))
	same(t, "what the process finds", seen, []string{"app.yaml"})
	same(t, "restarts", restarts(n), []string(nil))
	if calls := n.Units.Calls(); !slices.Contains(calls, "signal web.service") {
		t.Errorf("no signal: %q", calls)
	}
	same(t, "files", n.Host.List(host.Config+"/web"), []string{"app.yaml"})
	n.Forget()
	other := configured("r3", "SIGHUP", "app.yaml", "a: 3\n")
	for i, file := range other.Files {
		if file.Path == host.EnvDir+"/web.env" {
			other.Files[i].Content += "MORE=1\n"
		}
	}
	apply(t, n, other)
	same(t, "restarts", restarts(n), []string{"web.service"})
	if calls := n.Units.Calls(); slices.Contains(calls, "signal web.service") {
		t.Errorf("a signal to a process that was just started: %q", calls)
	}
}

func TestAConfigurationThatTheProcessDoesNotBearIsTakenBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, configured("r1", "SIGHUP", "app.yaml", "a: 1\n"))
	before := n.State()
	signals := 0
	n.Units.OnSignal = func(string, int) {
		if signals++; signals == 1 {
			n.Procs.Foreign[9001] = "another process"
		} else {
			delete(n.Procs.Foreign, 9001)
		}
	}
	refused(t, n.Apply(context.Background(), configured("r2", "SIGHUP", "app.yaml", "a: [\n"), nil), "went back to release r1, which serves")
	same(t, "signals", signals, 2)
	same(t, "state", n.State(), before)
}

func TestAProcessThatEndsByItsSignalIsToldOf(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, configured("r1", "SIGHUP", "app.yaml", "a: 1\n"))
	n.Units.OnSignal = func(unit string, _ int) {
		state, err := n.Units.Unit(context.Background(), unit)
		must(t, err)
		state.Restarts++
		n.Units.Set(state)
	}
	apply(t, n, configured("r2", "SIGHUP", "app.yaml", "a: 2\n"))
	contains(t, n.Printed(), "warning: web.service ended by SIGHUP (run.reload), and systemd started it again: requests were lost", "remove reload")
	same(t, "release", current(n, "web"), "r2")
}

func TestAConfigurationFileOfAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	for _, path := range []string{host.Config + "/other/app.yaml", host.Config + "/web/../other.yaml", host.Config + "/web/.."} {
		release := fake.Service("web", "r1")
		release.Files = append(release.Files, document.File{Path: path, Mode: "0644"})
		refused(t, n.Apply(context.Background(), release, nil), "not a path of this instance")
	}
}
