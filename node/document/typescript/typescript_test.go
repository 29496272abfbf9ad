package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

func parse(t *testing.T, text string) []*ast.File {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return []*ast.File{source}
}

func TestTypeScript(t *testing.T) {
	const head = "// Generated from node/document by `npm run generate`: change the Go types, then run that again.\n\n"
	for name, test := range map[string]struct{ from, want string }{
		"a string with constants is a union of them": {
			"// Kind of it.\ntype Kind string\n\nconst (\n\tOne Kind = \"one\"\n\tTwo Kind = \"two\"\n)",
			"/** Kind of it. */\nexport type Kind = \"one\" | \"two\";\n",
		},
		"an embedded type is a parent": {
			"type File struct {\n\tOwner\n\t// Path is absolute.\n\tPath string `json:\"path\"`\n}",
			"export interface File extends Owner {\n  /** Path is absolute. */\n  path: string;\n}\n",
		},
		"a type that embeds and adds nothing is another name": {
			"type Wipe struct{ Owner }",
			"export type Wipe = Owner;\n",
		},
		"a field that may be absent is optional": {
			"type A struct {\n\tB *C `json:\"b,omitempty\"`\n\tD []int `json:\"d,omitempty\"`\n}",
			"export interface A {\n  b?: C;\n  d?: number[];\n}\n",
		},
		"any JSON is unknown, and a field that is not in the JSON is left out": {
			"type A struct {\n\tB []map[string]any `json:\"b\"`\n\tC bool `json:\"-\"`\n}",
			"export interface A {\n  b: Record<string, unknown>[];\n}\n",
		},
		"a comment of several lines": {
			"// A does\n// much.\ntype A string",
			"/**\n * A does\n * much.\n */\nexport type A = string;\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := typescript(parse(t, test.from))
			if err != nil || got != head+test.want {
				t.Errorf("got %v\n%s", err, got)
			}
		})
	}
}

func TestTypesThatHaveNoName(t *testing.T) {
	for _, from := range []string{"type A struct { B chan int }", "type A struct { B secret }"} {
		if text, err := typescript(parse(t, from)); err == nil {
			t.Errorf("%s: no error\n%s", from, text)
		}
	}
}
