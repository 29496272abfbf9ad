// Package mark reads from a file that Gatehouse wrote which mesh it belongs to. Several meshes may share a node: each changes
// and removes only its own files.
package mark

import (
	"regexp"
	"strings"
)

// Written begins the first line of each unit and definition.
const Written = "# Written by Gatehouse"

// Meta is the key that names the mesh in the Meta of registrations and of config entries.
const Meta = "gatehouse-mesh"

// IsWritten says whether Gatehouse wrote this text.
func IsWritten(text []byte) bool { return strings.HasPrefix(string(text), Written) }

var (
	description = regexp.MustCompile(`(?m)^Description=(?:.* )?mesh (\S+)$`)
	meta        = regexp.MustCompile(`(?m)^\s*"?` + Meta + `"?\s*=\s*"([^"]*)"`)
)

// OfUnit is the mesh that a unit names in its description; "" where Gatehouse did not write it.
func OfUnit(text []byte) string { return of(text, description) }

// OfDefinition is the mesh that a definition names in its Meta; "" where Gatehouse did not write it, and where an earlier
// version did, which named none.
func OfDefinition(text []byte) string { return of(text, meta) }

func of(text []byte, which *regexp.Regexp) string {
	if !IsWritten(text) {
		return ""
	}
	if found := which.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}
