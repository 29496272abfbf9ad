package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "gatehouse/node/"

// sources calls visit with each file of the module that is not a test.
func sources(t *testing.T, visit func(folder, path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			visit(filepath.Dir(path), path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// listed are the packages of README.md, in its order.
func listed(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		names = append(names, row[1])
	}
	return names
}

func TestAPackageImportsOnlyPackagesAboveItInTheReadme(t *testing.T) {
	order := listed(t)
	var seen []string
	sources(t, func(folder, path string) {
		if folder == "." {
			return
		}
		name, part, _ := strings.Cut(folder, "/")
		if seen = append(seen, name); !slices.Contains(order, name) {
			t.Errorf("README.md does not list %s", name)
		}
		if part == "fake" || part == "consultest" {
			return // for tests
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range file.Imports {
			imported, _ := strconv.Unquote(one.Path.Value)
			if imported, own := strings.CutPrefix(imported, module); own && slices.Index(order, imported) >= slices.Index(order, name) {
				t.Errorf("%s imports %s, which is not above %s in README.md", path, imported, name)
			}
		}
	})
	for _, name := range order {
		if !slices.Contains(seen, name) {
			t.Errorf("README.md lists %s, which is no package", name)
		}
	}
}
