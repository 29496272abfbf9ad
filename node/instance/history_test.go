package instance_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
)

func history(t *testing.T, n *fake.Node, name string) instance.Record {
	t.Helper()
	var record instance.Record
	must(t, json.Unmarshal([]byte(n.Text("/opt/gatehouse/instances/"+name+"/history.json")), &record))
	return record
}

func TestThreeReleasesAreKeptInTheOrderInWhichTheyServed(t *testing.T) {
	t.Parallel()
	// GIVEN four releases, each with its binary
	n := fake.New(t)
	var binaries []string
	for _, name := range []string{"r1", "r2", "r3", "r4"} {
		release := n.WithBinary(fake.Service("web", name), "program of "+name)
		binaries = append(binaries, release.Binary.SHA256)
		apply(t, n, release)
		// AND file times that say otherwise
		old := time.Now().Add(-time.Duration(len(binaries)) * time.Hour)
		must(t, os.Chtimes(n.Host.Path("/opt/gatehouse/instances/web/releases/"+name), old, old))
	}
	// THEN the record has the last three
	same(t, "history", history(t, n, "web").Releases, []string{"r4", "r3", "r2"})
	same(t, "folders", n.Host.List("/opt/gatehouse/instances/web/releases"), []string{"r2", "r3", "r4"})
	if n.Host.Exists(host.Binaries+"/"+binaries[0]) || !n.Host.Exists(host.Binaries+"/"+binaries[1]) {
		t.Errorf("binaries: %v", n.Host.List(host.Binaries))
	}
}

func TestABinaryOfAReleaseThatDidNotWorkStaysUntilAnotherOneWorks(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, n.WithBinary(fake.Service("web", "r1"), "one"))
	bad := n.WithBinary(fake.Service("web", "r2", fake.DoesNotStart), "two")
	refused(t, n.Apply(context.Background(), bad, nil), "went back to release r1, which serves")
	if !n.Host.Exists(host.Binaries + "/" + bad.Binary.SHA256) {
		t.Error("the same release cannot come again")
	}
	refused(t, n.Apply(context.Background(), bad, nil), "went back to release r1, which serves")
	same(t, "given up", history(t, n, "web").GivenUp, []string{bad.Binary.SHA256})
	apply(t, n, n.WithBinary(fake.Service("web", "r3"), "three"))
	if n.Host.Exists(host.Binaries+"/"+bad.Binary.SHA256) || len(history(t, n, "web").GivenUp) > 0 {
		t.Error("the binary is still there")
	}
}

func TestRollbackGoesToTheReleaseThatServedBefore(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	apply(t, n, fake.Service("web", "r3", "-quiet"))
	n.Forget()
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "current", current(n, "web"), "r2")
	same(t, "restarts", restarts(n), []string{"web.service"})
	same(t, "mark", n.Text("/opt/gatehouse/instances/web/rolled-back"), "r3\n")
	contains(t, n.Procs.State(), "-verbose")
	contains(t, n.Printed(), "web goes back from release r3 to r2", "web serves with release r2 (restarted: web.service)", "Terraform does not know")
	// Once more: the release that Terraform put here last stays on record.
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "current", current(n, "web"), "r1")
	same(t, "mark", n.Text("/opt/gatehouse/instances/web/rolled-back"), "r3\n")
	refused(t, n.Rollback(context.Background(), "web"), "there is no release of web before r1 on this node; the last 3 are kept")
	// The next deploy ends the rollback. A rollback now goes to the release that it replaced.
	apply(t, n, fake.Service("web", "r4"))
	same(t, "history", history(t, n, "web").Releases, []string{"r4", "r1", "r3"})
	if n.Host.Exists("/opt/gatehouse/instances/web/rolled-back") {
		t.Error("the mark is still there")
	}
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "current", current(n, "web"), "r1")
}

func TestRollbackToAReleaseThatDoesNotServeChangesNothing(t *testing.T) {
	t.Parallel()
	// GIVEN a release before the current one, with a port that another process holds by now
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1", "-one"))
	release := fake.Service("web", "r2", "-two")
	apply(t, n, release)
	before := n.State()
	n.Units.OnStart = failing(n, "-one")
	refused(t, n.Rollback(context.Background(), "web"), "web is not healthy; this node went back to release r2, which serves")
	same(t, "state", n.State(), before)
	same(t, "kept", n.Kept(), []string(nil))
}

// failing lets no unit start whose file has this word in it.
func failing(n *fake.Node, word string) func(unit string) error {
	start := n.Units.OnStart
	return func(unit string) error {
		if strings.Contains(n.Text(host.UnitDir+"/"+unit), word) {
			return os.ErrPermission
		}
		return start(unit)
	}
}

func TestRollbackToAnInvalidReleaseIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	apply(t, n, fake.Service("web", "r2", "-verbose"))
	before := n.State()
	n.Units.VerifyError = os.ErrInvalid
	refused(t, n.Rollback(context.Background(), "web"), "release r1 of web is not valid on this node any more", "nothing was changed")
	same(t, "state", n.State(), before)
}

// legacy puts a release as earlier versions did: a file for each of its parts.
func legacy(t *testing.T, n *fake.Node, release document.Instance) {
	t.Helper()
	folder := "/opt/gatehouse/instances/" + release.Name + "/releases/" + release.Release
	parts := map[string]string{host.ConsulDir: "consul", host.UnitDir: "systemd", host.EnvDir: "env"}
	for _, file := range release.Files {
		n.Put(filepath.Join(folder, parts[filepath.Dir(file.Path)], filepath.Base(file.Path)), file.Content)
	}
	n.Put(folder+"/instance.conf", `NAME='web'
KIND='service'
RELEASE='`+release.Release+`'
PORTS='9001 21000'
UPSTREAM_LISTENERS='backend:127.0.0.1:5000'
ADMIN_PORT='19000'
CHECK_DIRECT='yes'
CHECK_URL=''
CHECK_TIMEOUT='1'
CHECK_SECONDS='0'
DRAIN='no'
SECRET_ENV=''
BINARY_SHA256=''
BINARY_NAME=''
`)
}

func TestAReleaseOfAnEarlierVersionIsKnownAndGoneBackTo(t *testing.T) {
	t.Parallel()
	// GIVEN an instance whose current release an earlier version put here
	n := fake.New(t)
	old := fake.Service("web", "r1", "-old")
	apply(t, n, old)
	must(t, n.Host.Remove("/opt/gatehouse/instances/web"))
	legacy(t, n, old)
	must(t, n.Host.Link("releases/r1", "/opt/gatehouse/instances/web/current"))
	release, there := instance.Current(n.Host, "web")
	if !there || release.Node != "worker1" || release.Port != 9001 || release.SidecarPort != 21000 || release.Upstreams[0] != (document.Upstream{Name: "backend", LocalPort: 5000}) {
		t.Fatalf("%t %+v", there, release)
	}
	// WHEN a release of this version does not work
	before := n.State()
	refused(t, n.Apply(context.Background(), fake.Service("web", "r2", fake.DoesNotListen), nil), "went back to release r1, which serves")
	same(t, "state", n.State(), before)
	// AND one does
	n.Forget()
	apply(t, n, fake.Service("web", "r3", "-new"))
	same(t, "restarts", restarts(n), []string{"web.service"})
	same(t, "history", history(t, n, "web").Releases, []string{"r3", "r1"})
	// THEN one can go back
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "current", current(n, "web"), "r1")
	contains(t, n.Procs.State(), "-old")
}

func TestAReleaseThatAKilledRunHadMovedAwayIsPutBack(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, fake.Service("web", "r1"))
	folder := "/opt/gatehouse/instances/web/releases/r1"
	must(t, n.Host.Rename(folder, folder+".replaced"))
	refused(t, n.Apply(context.Background(), fake.Service("web", "r2", fake.DoesNotListen), nil), "went back to release r1, which serves")
	same(t, "current", current(n, "web"), "r1")
	same(t, "kept", n.Kept(), []string(nil))
}

func TestTheNextRunRemovesTheCopiesOfAKilledOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	n.Put("/etc/consul.d/.web.hcl.gatehouse-before", "old")
	n.Put("/etc/systemd/system/.web.service.gatehouse-before", "old")
	n.Put("/opt/gatehouse/instances/web/releases/r1.staging/instance.json", "half")
	apply(t, n, fake.Service("web", "r1"))
	same(t, "kept", n.Kept(), []string(nil))
}
