package content_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/node/content"
	"gatehouse/node/testkit"
)

// entry of an archive; content is the target of a link.
type entry struct {
	name    string
	kind    byte
	mode    int64
	content string
}

func tarOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, one := range entries {
		header := &tar.Header{Name: one.name, Typeflag: one.kind, Mode: one.mode}
		if one.kind == tar.TypeSymlink || one.kind == tar.TypeLink {
			header.Linkname = one.content
		} else {
			header.Size = int64(len(one.content))
		}
		testkit.Must(t, writer.WriteHeader(header))
		if header.Size > 0 {
			_, err := writer.Write([]byte(one.content))
			testkit.Must(t, err)
		}
	}
	testkit.Must(t, writer.Close())
	return out.Bytes()
}

func zipOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	for _, one := range entries {
		header := &zip.FileHeader{Name: one.name}
		mode := os.FileMode(one.mode)
		if one.kind == tar.TypeSymlink {
			mode |= os.ModeSymlink
		}
		header.SetMode(mode)
		to, err := writer.CreateHeader(header)
		testkit.Must(t, err)
		_, err = to.Write([]byte(one.content))
		testkit.Must(t, err)
	}
	testkit.Must(t, writer.Close())
	return out.Bytes()
}

func unpack(t *testing.T, archive []byte, format string, limits content.Limits) (string, error) {
	t.Helper()
	folder := testkit.Folder(t)
	path := filepath.Join(testkit.Folder(t), "archive")
	testkit.Must(t, os.WriteFile(path, archive, 0o600))
	file, err := os.Open(path)
	testkit.Must(t, err)
	defer file.Close()
	return folder, content.Unpack(file, format, folder, limits)
}

var app = []entry{
	{"./", tar.TypeDir, 0o700, ""},
	{"./server.js", tar.TypeReg, 0o600, "serve()"},
	{"bin/run", tar.TypeReg, 0o4700, "#!/bin/sh\n"},
	{"lib/link", tar.TypeSymlink, 0o777, "../server.js"},
}

const unpacked = `/bin drwxr-xr-x
/bin/run -rwxr-xr-x #!/bin/sh

/lib drwxr-xr-x
/lib/link Lrwxrwxrwx -> ../server.js
/server.js -rw-r--r-- serve()`

func TestEachFormatIsUnpackedWithModesThatEverybodyCanRead(t *testing.T) {
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, err := writer.Write(tarOf(t, app...))
	testkit.Must(t, err)
	testkit.Must(t, writer.Close())
	for format, archive := range map[string][]byte{content.Tar: tarOf(t, app...), content.TarGz: zipped.Bytes(), content.Zip: zipOf(t, app[1:]...)} {
		folder, err := unpack(t, archive, format, content.Most)
		testkit.Must(t, err)
		got := testkit.Tree(t, folder, func(path string) bool { return path == "" })
		if got != unpacked {
			t.Errorf("%s:\n%s", format, testkit.Difference(unpacked, got))
		}
	}
}

func TestWhatLeadsOutOfTheFolderIsRefused(t *testing.T) {
	file := func(name string) entry { return entry{name, tar.TypeReg, 0o644, "x"} }
	link := func(name, target string) entry { return entry{name, tar.TypeSymlink, 0o777, target} }
	for name, entries := range map[string][]entry{
		"above":          {file("../x")},
		"above, later":   {file("a/../../x")},
		"absolute":       {file("/etc/x")},
		"absolute link":  {link("a", "/etc/passwd")},
		"link above":     {link("a/b", "../../x")},
		"through a link": {link("d", "."), link("deep/er", "../d/.."), link("out", "deep/er/../../..")},
		"into a link":    {link("d", "e"), file("d/x")},
		"hard link":      {{"a", tar.TypeLink, 0o644, "../x"}},
		"device":         {{"a", tar.TypeChar, 0o644, ""}},
		"pipe":           {{"a", tar.TypeFifo, 0o644, ""}},
		"twice":          {file("a"), file("a")},
		"below a file":   {file("a"), file("a/b")},
	} {
		if _, err := unpack(t, tarOf(t, entries...), content.Tar, content.Most); err == nil {
			t.Errorf("%s: it was unpacked", name)
		} else {
			testkit.Contains(t, err.Error(), "its entry ")
		}
	}
	for name, entries := range map[string][]entry{"above": {file("../x")}, "link": {link("a", "/etc/passwd")}, "backslash": {file(`a\x`)}} {
		if _, err := unpack(t, zipOf(t, entries...), content.Zip, content.Most); err == nil {
			t.Errorf("zip, %s: it was unpacked", name)
		}
	}
}

func TestAHardLinkWithinAndALinkToNothingAreFine(t *testing.T) {
	folder, err := unpack(t, tarOf(t, entry{"a", tar.TypeReg, 0o644, "x"}, entry{"b/c", tar.TypeLink, 0, "a"}, entry{"d", tar.TypeSymlink, 0, "later"}), content.Tar, content.Most)
	testkit.Must(t, err)
	text, err := os.ReadFile(filepath.Join(folder, "b/c"))
	if err != nil || string(text) != "x" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestLimits(t *testing.T) {
	files := []entry{{"a", tar.TypeReg, 0o644, strings.Repeat("x", 100)}, {"b", tar.TypeReg, 0o644, "x"}}
	_, err := unpack(t, tarOf(t, files...), content.Tar, content.Limits{Entries: 1, Bytes: 1 << 20})
	testkit.Refused(t, err, "more than 1 files, folders and links")
	deep := entry{strings.Repeat("d/", 10) + "file", tar.TypeReg, 0o644, ""}
	_, err = unpack(t, tarOf(t, deep), content.Tar, content.Limits{Entries: 10, Bytes: 100})
	testkit.Refused(t, err, "more than 10 files, folders and links")
	_, err = unpack(t, tarOf(t, deep), content.Tar, content.Limits{Entries: 11, Bytes: 100})
	testkit.Must(t, err)
	again := slices.Repeat([]entry{{"d/", tar.TypeDir, 0o755, ""}}, 11)
	_, err = unpack(t, tarOf(t, again...), content.Tar, content.Limits{Entries: 10, Bytes: 100})
	testkit.Refused(t, err, "more than 10 files, folders and links")
	_, err = unpack(t, tarOf(t, files...), content.Tar, content.Limits{Entries: 10, Bytes: 100})
	testkit.Refused(t, err, "MiB when unpacked")
}

func TestTheListOfAZipArchiveIsReadUpToTheLimit(t *testing.T) {
	many := make([]entry, 50_000)
	for i := range many {
		many[i] = entry{strconv.Itoa(i), tar.TypeReg, 0o644, ""}
	}
	archive := zipOf(t, many...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := unpack(t, archive, content.Zip, content.Limits{Entries: 10, Bytes: 1 << 20})
	runtime.ReadMemStats(&after)
	testkit.Refused(t, err, "more than 10 files, folders and links")
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("it took %d bytes of memory to refuse it", took)
	}
}

func TestABrokenArchiveIsNamedSo(t *testing.T) {
	whole := tarOf(t, app...)
	for format, archive := range map[string][]byte{content.Tar: whole[:700], content.TarGz: []byte("no gzip"), content.Zip: []byte("no zip")} {
		if _, err := unpack(t, archive, format, content.Most); err == nil {
			t.Errorf("%s was unpacked", format)
		}
	}
}

func TestTheDigestChangesWithEverythingInTheFolder(t *testing.T) {
	folder, err := unpack(t, tarOf(t, app...), content.Tar, content.Most)
	testkit.Must(t, err)
	digest := func() string {
		found, err := content.Digest(folder)
		testkit.Must(t, err)
		return found
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	before := digest()
	for name, change := range map[string]func() error{
		"content": func() error { return os.WriteFile(at("server.js"), []byte("other()"), 0o644) },
		"mode":    func() error { return os.Chmod(at("server.js"), 0o755) },
		"more":    func() error { return os.WriteFile(at("more"), nil, 0o644) },
		"less":    func() error { return os.Remove(at("bin/run")) },
		"link":    func() error { _ = os.Remove(at("lib/link")); return os.Symlink("..", at("lib/link")) },
	} {
		testkit.Must(t, change())
		after := digest()
		if after == before {
			t.Errorf("%s: the same digest", name)
		}
		before = after
	}
}
