package expand

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	marks "gatehouse/node/mark"
)

// ownership says of entries whether the mesh may change or remove them: they carry the mesh's mark, or they are declared and
// carry none, as an earlier version wrote them or as they are taken over.
func ownership(doc document.Expand) (isOurs func(consul.Entry) bool) {
	wanted := declaredNames(doc)
	return func(entry consul.Entry) bool {
		if entry.Mesh() != "" {
			return entry.BelongsTo(doc.Mesh)
		}
		return wanted[nameOf(entry)]
	}
}

func nameOf(entry consul.Entry) string { return entry.Kind() + "/" + entry.Name() }

// declaredNames are the entries that the declaration names.
func declaredNames(doc document.Expand) map[string]bool {
	names := map[string]bool{}
	for _, entries := range [][]map[string]any{doc.Intentions, doc.Services, doc.Gateways, doc.Routing} {
		for _, entry := range entriesOf(entries) {
			names[nameOf(entry)] = true
		}
	}
	return names
}

// refuse a deploy that would have to change another owner's entry, before anything is written.
func refuse(doc document.Expand, now live) error {
	wanted, isOurs := declaredNames(doc), ownership(doc)
	for _, kind := range kinds {
		for _, entry := range now[kind] {
			if wanted[nameOf(entry)] && !isOurs(entry) {
				other := host.Clean(entry.Mesh())
				return fmt.Errorf("%s in Consul belongs to the mesh %q, and the deploy is of %s: nothing was changed. Give it another name in %s, or take it out of %s first; if %s was renamed, name it %s again",
					nameOf(entry), other, doc.Mesh, doc.Mesh, other, other, other)
			}
		}
	}
	return refusal(conflicts(doc, now))
}

func refusal(conflicts []string) error {
	if len(conflicts) == 0 {
		return nil
	}
	return errors.New(strings.Join(conflicts, "; ") + ". Consul would refuse this change half-way, so nothing was changed. " +
		"Let the owner of that entry change it first (consul config read -kind KIND -name NAME), or keep what it names declared. " +
		"If it is this mesh's own, from before entries were marked with " + marks.Meta + ": declare it once more, deploy, and then change it")
}
