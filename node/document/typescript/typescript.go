package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"strings"
)

// typescript declares every exported type, in the order of the sources.
func typescript(sources []*ast.File) (string, error) {
	text := "// Generated from node/document by `npm run generate`: change the Go types, then run that again.\n"
	constants := map[string][]string{} // the string constants of each type
	each(sources, func(_ *ast.GenDecl, spec ast.Spec) error {
		if spec, ok := spec.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			kind, isNamed := spec.Type.(*ast.Ident)
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && isNamed && value.Kind == token.STRING {
				constants[kind.Name] = append(constants[kind.Name], value.Value)
			}
		}
		return nil
	})
	err := each(sources, func(group *ast.GenDecl, spec ast.Spec) error {
		declared, ok := spec.(*ast.TypeSpec)
		if !ok || !declared.Name.IsExported() {
			return nil
		}
		doc := declared.Doc
		if doc == nil {
			doc = group.Doc
		}
		body, err := declaration(declared, constants[declared.Name.Name])
		text += "\n" + comment(doc, "") + "export " + body + "\n"
		return err
	})
	return text, err
}

func each(sources []*ast.File, visit func(*ast.GenDecl, ast.Spec) error) error {
	for _, source := range sources {
		for _, declared := range source.Decls {
			if group, ok := declared.(*ast.GenDecl); ok {
				for _, spec := range group.Specs {
					if err := visit(group, spec); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func declaration(spec *ast.TypeSpec, values []string) (string, error) {
	name := spec.Name.Name
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		text, err := typeOf(spec.Type)
		if values != nil {
			text = strings.Join(values, " | ")
		}
		return fmt.Sprintf("type %s = %s;", name, text), err
	}
	var parents []string
	fields := ""
	for _, field := range structure.Fields.List {
		text, err := typeOf(field.Type)
		if err != nil {
			return "", fmt.Errorf("type %s: %w", name, err)
		}
		if len(field.Names) == 0 {
			parents = append(parents, text)
		} else if key, optional := keyOf(field); key != "-" {
			fields += fmt.Sprintf("%s  %s%s: %s;\n", comment(field.Doc, "  "), key, optional, text)
		}
	}
	if fields == "" && parents != nil {
		return fmt.Sprintf("type %s = %s;", name, strings.Join(parents, " & ")), nil
	}
	if parents != nil {
		name += " extends " + strings.Join(parents, ", ")
	}
	return fmt.Sprintf("interface %s {\n%s}", name, fields), nil
}

// keyOf returns the name of a field in JSON, and "?" when the field may be absent.
func keyOf(field *ast.Field) (key, optional string) {
	var tag string
	if field.Tag != nil {
		tag = reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
	}
	key, options, _ := strings.Cut(tag, ",")
	if key == "" {
		key = field.Names[0].Name
	}
	if strings.HasPrefix(options, "omit") {
		optional = "?"
	}
	return key, optional
}

var basic = map[string]string{
	"string": "string", "bool": "boolean", "any": "unknown",
	"int": "number", "int64": "number", "uint64": "number", "float64": "number",
}

func typeOf(expression ast.Expr) (string, error) {
	switch expression := expression.(type) {
	case *ast.Ident:
		if text, ok := basic[expression.Name]; ok {
			return text, nil
		}
		if expression.IsExported() {
			return expression.Name, nil
		}
		return "", fmt.Errorf("the type %s", expression.Name)
	case *ast.StarExpr:
		return typeOf(expression.X)
	case *ast.ArrayType:
		text, err := typeOf(expression.Elt)
		return text + "[]", err
	case *ast.MapType:
		key, err := typeOf(expression.Key)
		if err != nil {
			return "", err
		}
		text, err := typeOf(expression.Value)
		return fmt.Sprintf("Record<%s, %s>", key, text), err
	}
	return "", fmt.Errorf("a %T", expression)
}

// comment returns a doc comment, one line where it fits.
func comment(doc *ast.CommentGroup, indent string) string {
	lines := strings.Split(strings.TrimSpace(doc.Text()), "\n")
	switch {
	case lines[0] == "":
		return ""
	case len(lines) == 1 && len(lines[0]) <= 110:
		return fmt.Sprintf("%s/** %s */\n", indent, lines[0])
	}
	return fmt.Sprintf("%s/**\n%s * %s\n%s */\n", indent, indent, strings.Join(lines, "\n"+indent+" * "), indent)
}
