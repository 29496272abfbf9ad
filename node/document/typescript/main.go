// Command typescript writes the types of a Go package as TypeScript to standard output: go run ./document/typescript FILE...
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
)

func main() {
	var sources []*ast.File
	for _, name := range os.Args[1:] {
		source, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		sources = append(sources, source)
	}
	text, err := typescript(sources)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\nnode/document/typescript does not know how to write this in TypeScript\n", err)
		os.Exit(1)
	}
	fmt.Print(text)
}
