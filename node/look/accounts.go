package look

import (
	"context"
	"os"
	"strings"
)

// accounts that services have: a user with its number and the names of its groups, a group with its number; empty where there
// is none. getent and id also know those that are in no file of the node.
func (l *looker) accounts(ctx context.Context) {
	for _, name := range l.Users {
		l.print("account", name, number(said(ctx, "getent", "passwd", "--", name)), strings.TrimSpace(said(ctx, "id", "-nG", "--", name)))
	}
	for _, name := range l.Groups {
		l.print("group", name, number(said(ctx, "getent", "group", "--", name)))
	}
}

// number is the third field of a line of passwd(5) or group(5).
func number(line string) string {
	fields := strings.Split(strings.TrimSpace(line), ":")
	if len(fields) < 3 {
		return ""
	}
	return fields[2]
}

// paths that services need: "folder", "file" or "" where there is none.
func (l *looker) paths(context.Context) {
	for _, path := range l.Paths {
		kind := ""
		if found, err := os.Stat(l.Host.Path(path)); err == nil {
			if kind = "file"; found.IsDir() {
				kind = "folder"
			}
		}
		l.print("path", path, kind)
	}
}
