package expand

import (
	"fmt"
	"slices"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

// isOurs says whether the mesh may change or remove an entry: it carries the mesh's mark, or it is declared and carries
// none, as an earlier version wrote it or as it is taken over.
func isOurs(entry consul.Entry, doc document.Expand) bool {
	if entry.Mesh() != "" {
		return entry.Mesh() == doc.Mesh
	}
	return declares(doc, entry)
}

func declares(doc document.Expand, entry consul.Entry) bool {
	declared := map[string][]map[string]any{
		serviceDefaults: doc.Services, serviceIntentions: doc.Intentions, ingressGateway: doc.Gateways,
	}
	return slices.ContainsFunc(entriesOf(declared[entry.Kind()]), func(one consul.Entry) bool {
		return one.Name() == entry.Name()
	})
}

// refuse what could only be done by changing an entry that is not this mesh's.
func refuse(doc document.Expand, now live) error {
	for _, kind := range kinds {
		for _, entry := range now[kind] {
			if declares(doc, entry) && !isOurs(entry, doc) {
				return fmt.Errorf("%s/%s in Consul belongs to the mesh %q: nothing was changed. Take it out of one of the two declarations",
					kind, entry.Name(), entry.Mesh())
			}
		}
	}
	for name, change := range changing(doc, now) {
		if entry := inTheWay(doc, now, name, change); entry != nil {
			return fmt.Errorf("%s cannot change from %s to %s: %s/%s leads to it as %s and is not this mesh's; nothing was changed. Change or remove that entry in Consul first; if an earlier Gatehouse wrote it, deploy once with the protocol as it was, which marks it",
				name, change.from, change.to, entry.Kind(), entry.Name(), change.from)
		}
	}
	return nil
}

// inTheWay of a change is an entry of others with which Consul would refuse it; nil for none.
func inTheWay(doc document.Expand, now live, name string, change change) consul.Entry {
	is := func(service string) bool { return service == name }
	for _, gateway := range now[ingressGateway] {
		if !isOurs(gateway, doc) && slices.ContainsFunc(objects(gateway["Listeners"]), naming(is)) {
			return gateway
		}
	}
	for _, kind := range []string{serviceRouter, serviceSplitter} {
		for _, entry := range now[kind] {
			if change.to == tcp && entry.Name() == name && !isOurs(entry, doc) {
				return entry
			}
		}
	}
	return nil
}
