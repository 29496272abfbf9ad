package instance_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
)

// packed is a tar archive of a program server, in which a link may lead somewhere.
func packed(t *testing.T, text, link string) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	must(t, writer.WriteHeader(&tar.Header{Name: "bin/server", Mode: 0o755, Size: int64(len(text))}))
	_, err := writer.Write([]byte(text))
	must(t, err)
	if link != "" {
		must(t, writer.WriteHeader(&tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: link}))
	}
	must(t, writer.Close())
	return out.Bytes()
}

// withArchive has a service run bin/server of an archive.
func withArchive(release document.Instance, archive []byte) document.Instance {
	sum := sha256.Sum256(archive)
	release.Binary = &document.Binary{SHA256: hex.EncodeToString(sum[:]), Name: instance.Unpacked, Archive: "tar", Resource: "binary_worker1_x"}
	release.Program = unpackedAt(release) + "/bin/server"
	return release
}

func uploaded(t *testing.T, n *fake.Node, release document.Instance, archive []byte) document.Instance {
	t.Helper()
	release = withArchive(release, archive)
	must(t, os.MkdirAll(n.Host.Path(instance.Incoming(release.Mesh)), 0o755))
	must(t, os.WriteFile(n.Host.Path(filepath.Join(instance.Incoming(release.Mesh), release.Binary.SHA256)), archive, 0o600))
	return release
}

func unpackedAt(release document.Instance) string {
	return filepath.Join(host.Binaries, release.Binary.SHA256, release.Binary.Name)
}

func TestAnArchiveIsUnpackedAndItsUploadRemoved(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := uploaded(t, n, fake.Service("web", "r1"), packed(t, "#!/bin/server\n", "bin/server"))
	n.Put("/bin/server", "")
	apply(t, n, release)
	same(t, "program", n.Text(release.Program), "#!/bin/server\n")
	same(t, "incoming", n.Host.List(instance.Incoming("shop")), []string{})
	same(t, "folder", n.Host.List(filepath.Dir(unpackedAt(release))), []string{".unpacked", ".used-by-shop", "files"})
	if !instance.IsUnpacked(n.Host, release.Binary.SHA256) {
		t.Error("it is not whole")
	}
	// The same again needs no upload and restarts nothing.
	n.Forget()
	apply(t, n, release)
	same(t, "restarts", restarts(n), []string(nil))
}

func TestAnUnpackedFolderThatWasChangedIsReplacedAndTheServiceRestarted(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	archive := packed(t, "program", "")
	release := uploaded(t, n, fake.Service("web", "r1"), archive)
	apply(t, n, release)
	must(t, os.WriteFile(n.Host.Path(release.Program), []byte("changed"), 0o755))
	n.Forget()
	refused(t, n.Apply(context.Background(), release, nil), "is not on this node", "replace the Terraform resource binary_worker1_x", "nothing was changed")
	same(t, "restarts", restarts(n), []string(nil))
	apply(t, n, uploaded(t, n, fake.Service("web", "r1"), archive))
	same(t, "program", n.Text(release.Program), "program")
	same(t, "restarts", restarts(n), []string{"web.service"})
}

func TestAnArchiveThatCannotBeUnpackedChangesNothing(t *testing.T) {
	t.Parallel()
	for reason, archive := range map[string][]byte{
		"leads out of the folder": packed(t, "program", "/etc/passwd"),
		"no whole tar archive":    packed(t, "program", "")[:100],
	} {
		n := fake.New(t)
		apply(t, n, uploaded(t, n, fake.Service("web", "r1"), packed(t, "first", "")))
		before := testkit.Tree(t, n.Host.Path(host.Binaries), nil)
		n.Forget()
		next := uploaded(t, n, fake.Service("web", "r2"), archive)
		refused(t, n.Apply(context.Background(), next, nil), reason, "nothing was changed")
		same(t, reason, testkit.Tree(t, n.Host.Path(host.Binaries), nil), before)
		same(t, "restarts", restarts(n), []string(nil))
	}
}

func TestAFaultWhileAnArchiveIsUnpackedLeavesNoHalf(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"write " + host.Binaries, "mkdir " + host.Binaries, "rename " + host.Binaries} {
		n := fake.New(t)
		release := uploaded(t, n, fake.Service("web", "r1"), packed(t, "program", ""))
		n.Host.Fault = func(change string) error {
			if strings.HasPrefix(change, step) && strings.Contains(change, release.Binary.SHA256) {
				return os.ErrPermission
			}
			return nil
		}
		refused(t, n.Apply(context.Background(), release, nil), "nothing was changed")
		if n.Host.Exists(unpackedAt(release)) {
			t.Errorf("%s: it is there", step)
		}
		n.Host.Fault = nil
		apply(t, n, release)
		if !instance.IsUnpacked(n.Host, release.Binary.SHA256) {
			t.Errorf("%s: it is not there later", step)
		}
	}
}

func TestAReleaseThatCannotStartHereIsRefusedBeforeItReplacesOne(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	apply(t, n, uploaded(t, n, fake.Service("web", "r1"), packed(t, "first", "")))
	n.Forget()
	next := uploaded(t, n, fake.Service("web", "r2"), packed(t, "#!/usr/bin/env ruby\n", ""))
	refused(t, n.Apply(context.Background(), next, nil), "the program that starts it is not on this node: ruby", "nothing was changed")
	same(t, "current", current(n, "web"), "r1")
	same(t, "calls", restarts(n), []string(nil))
	next.Program = "/usr/bin/nodejs"
	refused(t, n.Apply(context.Background(), next, nil), "/usr/bin/nodejs cannot be started: there is no such file")
}

func TestAnUnpackedFolderIsPrunedWithItsRelease(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	var folders []string
	for _, name := range []string{"r1", "r2", "r3", "r4"} {
		release := uploaded(t, n, fake.Service("web", name, name), packed(t, name, ""))
		folders = append(folders, unpackedAt(release))
		apply(t, n, release)
	}
	if n.Host.Exists(filepath.Dir(folders[0])) || !n.Host.Exists(folders[1]) {
		t.Errorf("binaries: %v", n.Host.List(host.Binaries))
	}
}

func TestAnArtifactIsFetchedOnce(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	archive, asked := packed(t, "program", ""), 0
	from := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write(archive)
	}))
	t.Cleanup(from.Close)
	release := withArchive(fake.Service("web", "r1"), archive)
	release.Binary.URL, release.Binary.Resource = from.URL+"/app.tar", ""
	apply(t, n, release)
	apply(t, n, release)
	same(t, "requests", asked, 1)
	same(t, "program", n.Text(release.Program), "program")
	same(t, "incoming", n.Host.List(instance.Incoming("shop")), []string{})
	// Drift is repaired by another fetch.
	must(t, os.Remove(n.Host.Path(release.Program)))
	apply(t, n, release)
	same(t, "requests", asked, 2)
}

func TestAnArtifactThatCannotBeFetchedChangesNothing(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	from := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(from.Close)
	release := withArchive(fake.Service("web", "r1"), packed(t, "program", ""))
	release.Binary.URL = from.URL + "/app.tar"
	refused(t, n.Apply(context.Background(), release, nil), "the artifact of web could not be fetched from "+from.URL+"/app.tar: the answer is 404 Not Found", "nothing was changed")
	same(t, "binaries", n.Host.List(host.Binaries), []string{})
	same(t, "incoming", n.Host.List(instance.Incoming("shop")), []string{})
}
