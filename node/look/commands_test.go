package look

import (
	"context"
	"os"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func TestWhyACommandCannotStart(t *testing.T) {
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	put := func(path, content string, mode os.FileMode) {
		testkit.Put(t, h.Root, path, content)
		if err := os.Chmod(h.Path(path), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("/bin/sh", "", 0o755)
	put("/usr/bin/python3", "", 0o755)
	put("/srv/good", "#!/bin/sh\n", 0o755)
	put("/srv/options", "#! /bin/sh -eu", 0o755)
	put("/srv/env", "#!/usr/bin/env -S A=1 python3\n", 0o755)
	put("/srv/ruby", "#!/usr/bin/env ruby\n", 0o755)
	put("/srv/perl", "#!/usr/bin/perl\n", 0o755)
	put("/srv/plain", "text", 0o644)
	put("/srv/private", "#!/bin/sh\n", 0o750)
	if err := os.Symlink("/nowhere", h.Path("/srv/nowhere")); err != nil {
		t.Fatal(err)
	}
	for command, fault := range map[string]string{
		"/srv/good": "", "/srv/options": "", "/srv/env": "", "python3": "", "ruby": "missing",
		"/srv/ruby": "interpreter ruby", "/srv/perl": "interpreter /usr/bin/perl",
		"/srv/plain": "mode", "/srv/private": "mode", "/srv": "not a file", "/srv/none": "missing", "/srv/nowhere": "missing",
	} {
		l := &looker{Node: Node{Host: h}, Questions: document.Questions{Commands: []string{command}}}
		l.commands(context.Background())
		if want := "command\t" + command + "\t" + fault + "\n"; l.out.String() != want {
			t.Errorf("%q instead of %q", l.out.String(), want)
		}
	}
}

func TestAccountsAndPathsThatServicesNeed(t *testing.T) {
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	testkit.Put(t, h.Root, "/srv/media/file", "")
	l := &looker{Node: Node{Host: h}, Questions: document.Questions{
		Users: []string{"root", "no-such-user"}, Groups: []string{"root", "no-such-group"},
		Paths: []string{"/srv/media", "/srv/media/file", "/srv/none"},
	}}
	l.accounts(context.Background())
	l.paths(context.Background())
	want := "account\troot\t0\troot\naccount\tno-such-user\t\t\ngroup\troot\t0\ngroup\tno-such-group\t\n" +
		"path\t/srv/media\tfolder\npath\t/srv/media/file\tfile\npath\t/srv/none\t\n"
	if l.out.String() != want {
		t.Errorf("%q instead of %q", l.out.String(), want)
	}
}
