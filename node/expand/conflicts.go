package expand

import (
	"errors"
	"fmt"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// meshMark is the key in an entry's Meta whose value is the name of the mesh that the entry belongs to.
const meshMark = "gatehouse-mesh"

// ownMark says whether an entry bears the mark of this mesh.
func ownMark(entry consul.Entry, mesh string) bool {
	meta, _ := entry["Meta"].(object)
	return mesh != "" && text(meta[meshMark]) == mesh
}

// isOurs says whether the mesh may change or remove an entry: it bears the mesh's mark, or it is declared and bears none.
func isOurs(entry consul.Entry, doc document.Expand, declared map[string]bool) bool {
	meta, _ := entry["Meta"].(object)
	return ownMark(entry, doc.Mesh) || declared[nameOf(entry)] && text(meta[meshMark]) == ""
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

// conflicts are the entries of others with which the declaration cannot be: Consul would refuse a step in the middle of the
// deploy, and an entry that is not this mesh's is not changed.
func conflicts(doc document.Expand, now live) []string {
	wanted := declaredNames(doc)
	changes, gone, retired := changing(doc, now), removed(doc, now), retiring(doc, now)
	var found []string
	for _, kind := range append([]string{ingressGateway}, routes...) {
		for _, entry := range now[kind] {
			if isOurs(entry, doc, wanted) {
				continue
			}
			if why := conflict(entry, changes, gone, retired); why != "" {
				found = append(found, fmt.Sprintf("%s, an entry in Consul that is not of this mesh, %s", nameOf(entry), why))
			}
		}
	}
	return found
}

// conflict of a foreign entry with what this deploy would do; "" for none.
func conflict(entry consul.Entry, changes map[string]change, gone map[string]bool, retired map[link]bool) string {
	for _, one := range links(entry) {
		switch {
		case retired[one]:
			return fmt.Sprintf("names the subset %s of %s, which is no longer declared", one.subset, one.service)
		case gone[one.service]:
			return fmt.Sprintf("names the service %s, which is no longer declared", one.service)
		}
	}
	for _, name := range inTheWay(entry, changes) {
		return fmt.Sprintf("ties %s to its protocol %s, and %s is declared", name, changes[name].from, changes[name].to)
	}
	return ""
}

// refusal of a deploy, before its first write.
func refusal(conflicts []string) error {
	if len(conflicts) == 0 {
		return nil
	}
	return errors.New(strings.Join(conflicts, "; ") + ". Consul would refuse this change half-way, so nothing was changed. " +
		"Let the owner of that entry change it first (consul config read -kind KIND -name NAME), or keep what it names declared. " +
		"If it is this mesh's own, from before entries bore the mark " + meshMark + ": declare it once more, deploy, and then change it")
}

// removed are the services of this mesh that it no longer declares.
func removed(doc document.Expand, now live) map[string]bool {
	wanted, gone := declaredNames(doc), map[string]bool{}
	for _, entry := range now[serviceDefaults] {
		if ownMark(entry, doc.Mesh) && !wanted[nameOf(entry)] {
			gone[entry.Name()] = true
		}
	}
	return gone
}

// retiring are the subsets that Consul has, in a resolver of this mesh, and that are no longer declared.
func retiring(doc document.Expand, now live) map[link]bool {
	wanted, declared := declaredNames(doc), map[string]consul.Entry{}
	for _, entry := range entriesOf(doc.Routing) {
		declared[nameOf(entry)] = entry
	}
	retired := map[link]bool{}
	for _, entry := range now[serviceResolver] {
		if !isOurs(entry, doc, wanted) {
			continue
		}
		for subset := range subsets(entry) {
			if _, stays := subsets(declared[nameOf(entry)])[subset]; !stays {
				retired[link{entry.Name(), subset}] = true
			}
		}
	}
	return retired
}
