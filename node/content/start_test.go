package content_test

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"testing"

	"gatehouse/node/content"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestADynamicProgramNeedsItsLoaderAndItsProcessor(t *testing.T) {
	const program = "/bin/sh"
	file, err := elf.Open(program)
	if err != nil {
		t.Skip("no /bin/sh of ELF here")
	}
	loader := ""
	for _, header := range file.Progs {
		if header.Type == elf.PT_INTERP {
			text := make([]byte, header.Filesz-1)
			_, err = header.ReadAt(text, 0)
			testkit.Must(t, err)
			loader = string(text)
		}
	}
	testkit.Must(t, file.Close())
	text, err := os.ReadFile(program)
	testkit.Must(t, err)
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	put := func(text []byte) {
		testkit.Put(t, h.Root, "/srv/web", string(text))
		testkit.Must(t, os.Chmod(h.Path("/srv/web"), 0o755))
	}
	fault := func(expected string) {
		t.Helper()
		if found := content.StartFault(h, "/srv/web"); found != expected {
			t.Errorf("%q instead of %q", found, expected)
		}
	}
	put(text)
	fault("interpreter " + loader)
	testkit.Contains(t, content.InWords("interpreter "+loader), "is not on this node: "+loader)
	testkit.Put(t, h.Root, loader, "")
	fault("")
	binary.LittleEndian.PutUint16(text[18:], uint16(elf.EM_386))
	put(text)
	fault("processor 386")
	testkit.Contains(t, content.InWords("processor 386"), "it is built for 386")
}

func TestAScriptWithLineEndsOfWindowsHasNoInterpreter(t *testing.T) {
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	testkit.Put(t, h.Root, "/usr/bin/python3", "")
	testkit.Must(t, os.Chmod(h.Path("/usr/bin/python3"), 0o755))
	for first, expected := range map[string]string{
		"#!/usr/bin/python3\n": "", "#! /usr/bin/python3\t-B\n": "", "#!/usr/bin/env python3\n": "",
		"#!/usr/bin/python3\r\n": "line end", "#!/usr/bin/env python3\r\n": "line end",
	} {
		testkit.Put(t, h.Root, "/srv/web", first+"print()")
		testkit.Must(t, os.Chmod(h.Path("/srv/web"), 0o755))
		if found := content.StartFault(h, "/srv/web"); found != expected {
			t.Errorf("%q: %q instead of %q", first, found, expected)
		}
	}
	testkit.Contains(t, content.InWords("line end"), "dos2unix")
}
