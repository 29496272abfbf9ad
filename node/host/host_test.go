package host

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/document"
	"gatehouse/node/testkit"
)

func node(t *testing.T) (*Host, *bytes.Buffer) {
	var out bytes.Buffer
	h := &Host{Root: testkit.Folder(t), Out: &out, Unowned: true, LockTimeout: 100 * time.Millisecond}
	testkit.Must(t, os.MkdirAll(h.Path("/etc"), 0o755))
	return h, &out
}

func TestWriteReplacesAFileWhole(t *testing.T) {
	h, _ := node(t)
	testkit.Must(t, h.Write("/etc/a", []byte("one"), 0o644, Owner{}))
	testkit.Must(t, h.Write("/etc/a", []byte("two"), 0o600, Owner{}))
	text, err := h.Read("/etc/a")
	if err != nil || string(text) != "two" || !h.Owns("/etc/a", 0o600, Owner{}) {
		t.Errorf("got %q, %v", text, err)
	}
	if names := h.List("/etc"); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

func TestWriteThatFailsLeavesTheFile(t *testing.T) {
	h, _ := node(t)
	testkit.Must(t, h.Write("/etc/a", []byte("one"), 0o644, Owner{}))
	h.Fault = func(change string) error { return fs.ErrPermission }
	if err := h.Write("/etc/a", []byte("two"), 0o644, Owner{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if text, _ := h.Read("/etc/a"); string(text) != "one" {
		t.Errorf("got %q", text)
	}
}

func TestALinkIsNotAFileOfOurs(t *testing.T) {
	h, _ := node(t)
	testkit.Must(t, os.WriteFile(h.Path("/etc/b"), nil, 0o644))
	testkit.Must(t, os.Symlink("b", h.Path("/etc/a")))
	if h.Owns("/etc/a", 0o644, Owner{}) {
		t.Error("a link counts as the file")
	}
}

func TestBackupSaysSoOnlyWhenTheCopyIsThere(t *testing.T) {
	h, out := node(t)
	testkit.Must(t, h.Write("/etc/by-hand", []byte("mine"), 0o640, Owner{}))
	h.Fault = func(change string) error {
		if strings.HasPrefix(change, "write "+Backups) {
			return errors.New("no space left on device")
		}
		return nil
	}
	if err := h.Backup("/etc/by-hand"); err == nil || !strings.Contains(err.Error(), "no copy of /etc/by-hand could be kept") {
		t.Errorf("got %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("said %q", out)
	}
	h.Fault = nil
	testkit.Must(t, h.Backup("/etc/by-hand"))
	copies, _ := filepath.Glob(h.Path(Backups) + "/*/etc/by-hand")
	if len(copies) != 1 || !strings.Contains(out.String(), "kept a copy under /var/backups/gatehouse/") {
		t.Errorf("copies %v, said %q", copies, out)
	}
}

func TestCopiesGoWhenTheyAreOldOrTheirOriginalIsBack(t *testing.T) {
	h, out := node(t)
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	put := func(path, text string) string {
		testkit.Must(t, h.Folder(filepath.Dir(path), 0o755, Owner{}))
		testkit.Must(t, h.Write(path, []byte(text), 0o640, Owner{}))
		return path
	}
	put("/etc/back", "mine")
	put("/etc/other", "the mesh's")
	const recent, old = Backups + "/20260420T000000Z", Backups + "/20260101T000000Z"
	kept := []string{put(recent+"/etc/other", "mine"), put(recent+"/etc/gone", "mine"), put(Backups+"/notes/mine", "a person's"), put(Backups+"/mine", "a person's")}
	gone := []string{put(recent+"/etc/back", "mine"), put(old+"/etc/other", "mine"), put(Backups+"/20260421T000000Z/etc/back", "mine")}
	testkit.Must(t, h.PruneCopies(now))
	for _, path := range kept {
		if !h.Exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
	for _, path := range append(gone, old, Backups+"/20260421T000000Z") {
		if h.Exists(path) {
			t.Errorf("%s is still there", path)
		}
	}
	testkit.Contains(t, out.String(), "removing copies that are older than 90 days: "+old)
	if copies := h.Copies(); len(copies) != 1 || !copies[recent].Equal(time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("copies: %v", copies)
	}
	empty, _ := node(t)
	testkit.Must(t, empty.PruneCopies(now))
}

func TestALockIsHeldByOne(t *testing.T) {
	h, _ := node(t)
	release, err := h.Lock(context.Background(), "instance-web")
	testkit.Must(t, err)
	if _, err := h.Lock(context.Background(), "instance-web"); err == nil || !strings.Contains(err.Error(), "another run has held the lock instance-web of this node") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Lock(ended, "instance-web"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	release, err = h.Lock(context.Background(), "instance-web")
	testkit.Must(t, err)
	release()
}

func TestALockOfAFileThatAWipeRemovedKeepsNobodyOut(t *testing.T) {
	h, _ := node(t)
	h.LockTimeout = 5 * time.Second
	first, err := h.Lock(context.Background(), "node")
	testkit.Must(t, err)
	waiting := make(chan func())
	go func() {
		release, err := h.Lock(context.Background(), "node")
		if err != nil {
			t.Error(err)
		}
		waiting <- release
	}()
	time.Sleep(120 * time.Millisecond) // it has opened the file by now
	testkit.Must(t, h.Remove(Locks))
	first()
	second := <-waiting
	defer second()
	h.LockTimeout = 100 * time.Millisecond
	if _, err := h.Lock(context.Background(), "node"); err == nil {
		t.Error("two runs hold the same lock")
	}
}

func TestARunWhoseConnectionWentAwayWhileItWaitedDoesNotBegin(t *testing.T) {
	h, _ := node(t)
	h.Attended = func() bool { return false }
	if _, err := h.Lock(context.Background(), "node"); err == nil || !strings.Contains(err.Error(), "the connection of the deploy broke") {
		t.Errorf("got %v", err)
	}
	h.Attended = nil
	release, err := h.Lock(context.Background(), "node") // and it has no lock
	testkit.Must(t, err)
	release()
}

func TestNeedRoomNamesTheFolderThatIsThere(t *testing.T) {
	h, _ := node(t)
	testkit.Must(t, h.NeedRoom("/etc/consul.d/deep"))
}

func TestCleanRemovesControlCharacters(t *testing.T) {
	if got := Clean("a\x1b[31mb\x07\u202ec\u009bd\ne\tf\x7f"); got != "a[31mbcd\ne\tf" {
		t.Errorf("got %q", got)
	}
}

func TestRecordsOfThisVersionAndOfAnEarlierOne(t *testing.T) {
	h, _ := node(t)
	testkit.Must(t, os.MkdirAll(h.Path(Meshes), 0o755))
	if records, err := h.Records(); err != nil || len(records) > 0 {
		t.Errorf("got %+v, %v", records, err)
	}
	testkit.Must(t, os.WriteFile(h.Path(legacyNodeConf), []byte("MESH='shop'\nNODE='it'\\''s'\nROLE='worker'\nTLS='yes'\n"), 0o644))
	owner := document.Owner{Mesh: "shop", Node: "it's"}
	want := NodeRecord{Owner: owner, Role: document.Worker, TLS: true, Earlier: true}
	if record, err := h.Record("shop"); err != nil || record != want {
		t.Errorf("got %+v, %v", record, err)
	}
	testkit.Must(t, os.WriteFile(h.Path(NodeFile), []byte(`{"mesh": "shop", "node": "it's", "role": "worker", "tls": true}`), 0o644))
	testkit.Must(t, os.Remove(h.Path(legacyNodeConf)))
	if record, err := h.Record("shop"); err != nil || record != want {
		t.Errorf("got %+v, %v", record, err)
	}
	testkit.Must(t, h.CheckOwner(owner))
	other := document.Owner{Mesh: "other", Node: "it's"}
	if err := h.CheckOwner(other); err == nil || !strings.Contains(err.Error(), "Deploy shop with this version first") {
		t.Errorf("got %v", err)
	}
	// Two meshes of this version accept each other, and an earlier version refuses the node.
	testkit.Must(t, os.WriteFile(h.Path(RecordFile("shop")), []byte(`{"mesh": "shop", "node": "it's", "role": "worker", "tls": true}`), 0o644))
	testkit.Must(t, os.WriteFile(h.Path(RecordFile("other")), []byte(`{"mesh": "other", "node": "it's", "role": "worker", "tls": true}`), 0o644))
	testkit.Must(t, os.WriteFile(h.Path(NodeFile), []byte(EarlierRecord(2)), 0o644))
	testkit.Must(t, h.CheckOwner(owner))
	testkit.Must(t, h.CheckOwner(other))
	want.Earlier = false
	if records, err := h.Records(); err != nil || len(records) != 2 || records[0].Mesh != "other" || records[1] != want {
		t.Errorf("got %+v, %v", records, err)
	}
	if others, err := h.OnRecord("shop"); err != nil || len(others) != 1 || others[0] != "other" {
		t.Errorf("got %q, %v", others, err)
	}
}

func TestAFolderOfRecordsThatCannotBeReadIsNoNodeWithoutOtherMeshes(t *testing.T) {
	h, _ := node(t)
	testkit.Put(t, h.Root, Meshes, "no folder")
	if others, err := h.Others("shop"); err == nil || !strings.Contains(err.Error(), Meshes+" cannot be read") {
		t.Errorf("others %q, error %v", others, err)
	}
}

func TestARecordThatCannotBeReadStopsTheRun(t *testing.T) {
	for file, text := range map[string]string{NodeFile: "{", RecordFile("shop"): "{", RecordFile("other"): `{"mesh": "shop"}`} {
		h, _ := node(t)
		testkit.Must(t, os.MkdirAll(h.Path(Meshes), 0o755))
		testkit.Must(t, os.WriteFile(h.Path(file), []byte(text), 0o644))
		if err := h.CheckOwner(document.Owner{Mesh: "shop"}); err == nil {
			t.Errorf("%s passes for none", file)
		}
	}
}

func TestTheLastProgramThatCameServesTheUnits(t *testing.T) {
	h, _ := node(t)
	for i, mesh := range []string{"one", "two", "three"} {
		testkit.Must(t, os.MkdirAll(filepath.Dir(h.Path(ProgramOf(mesh))), 0o755))
		testkit.Must(t, os.WriteFile(h.Path(ProgramOf(mesh)), []byte(mesh), 0o755))
		when := time.Unix(int64(1000+i), 0)
		testkit.Must(t, os.Chtimes(h.Path(ProgramOf(mesh)), when, when))
	}
	if others, err := h.Others("one"); err != nil || strings.Join(others, " ") != "three two" {
		t.Errorf("got %q, %v", others, err)
	}
	for _, step := range []struct{ leaves, serves string }{{"three", "two"}, {"one", "two"}, {"two", ""}} {
		testkit.Must(t, h.RemoveProgram(step.leaves))
		if text, _ := h.Read(Program); string(text) != step.serves {
			t.Errorf("without %s: %q", step.leaves, text)
		}
	}
	if h.Exists(filepath.Dir(Program)) {
		t.Error("something is left")
	}
}
