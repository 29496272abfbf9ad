package expand

import (
	"fmt"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// conflicts are the entries of others that do not fit the declaration: Consul would refuse a step in the middle of the
// deploy, and a mesh changes only its own entries.
func conflicts(doc document.Expand, now live) []string {
	changes, gone, retired := changing(doc, now), removed(doc, now), retiring(doc, now)
	isOurs := ownership(doc)
	var found []string
	for _, kind := range append([]string{ingressGateway}, routes...) {
		for _, entry := range now[kind] {
			if isOurs(entry) {
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

// removed are the services of this mesh that it no longer declares.
func removed(doc document.Expand, now live) map[string]bool {
	wanted, gone := declaredNames(doc), map[string]bool{}
	for _, entry := range now[serviceDefaults] {
		if entry.BelongsTo(doc.Mesh) && !wanted[nameOf(entry)] {
			gone[entry.Name()] = true
		}
	}
	return gone
}

// retiring are the subsets that Consul has, in a resolver of this mesh, and that are no longer declared.
func retiring(doc document.Expand, now live) map[link]bool {
	declared := map[string]consul.Entry{}
	for _, entry := range entriesOf(doc.Routing) {
		declared[nameOf(entry)] = entry
	}
	isOurs, retired := ownership(doc), map[link]bool{}
	for _, entry := range now[serviceResolver] {
		if !isOurs(entry) {
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
