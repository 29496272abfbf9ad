package expand

import (
	"cmp"
	"maps"
	"slices"

	"gatehouse/node/consul"
)

// routes are the kinds of entries that send calls on, in the order in which each may name what those after it declare.
var routes = []string{serviceRouter, serviceSplitter, serviceResolver}

// link from an entry to a service, or to a subset of it.
type link struct{ service, subset string }

// links of an entry to the services and subsets that it names. Those of other clusters are left out.
func links(entry consul.Entry) []link {
	var places []object
	switch entry.Kind() {
	case serviceRouter:
		for _, route := range objects(entry["Routes"]) {
			if destination, is := route["Destination"].(object); is {
				places = append(places, destination)
			}
		}
	case serviceSplitter:
		places = objects(entry["Splits"])
	case serviceResolver:
		places = resolved(entry)
	case ingressGateway:
		for _, listener := range objects(entry["Listeners"]) {
			for _, service := range objects(listener["Services"]) {
				places = append(places, object{"Service": service["Name"]})
			}
		}
	}
	var found []link
	for _, place := range places {
		if text(place["Peer"]) == "" && text(place["SamenessGroup"]) == "" {
			found = append(found, link{cmp.Or(text(place["Service"]), entry.Name()), text(place["ServiceSubset"])})
		}
	}
	return found
}

// resolved are the targets to which a resolver sends calls instead.
func resolved(resolver consul.Entry) []object {
	var places []object
	if redirect, is := resolver["Redirect"].(object); is {
		places = append(places, redirect)
	}
	failovers, _ := resolver["Failover"].(object)
	for _, subset := range slices.Sorted(maps.Keys(failovers)) {
		if failover, is := failovers[subset].(object); is {
			places = append(append(places, failover), objects(failover["Targets"])...)
		}
	}
	return places
}

// unlinked is a resolver that sends no call elsewhere; others can still name its subsets.
func unlinked(resolver consul.Entry) consul.Entry {
	alone := maps.Clone(resolver)
	delete(alone, "Redirect")
	delete(alone, "Failover")
	return alone
}

// subsets of a resolver, by name.
func subsets(resolver consul.Entry) object {
	named, _ := resolver["Subsets"].(object)
	return named
}

// withSubsets is a resolver that has the subsets of another one as well, and as that one has them.
func withSubsets(resolver, other consul.Entry) consul.Entry {
	if resolver == nil {
		resolver = consul.Entry{}
	}
	all := object{}
	maps.Copy(all, subsets(resolver))
	maps.Copy(all, subsets(other))
	if len(all) == 0 {
		return resolver
	}
	return with(resolver, "Subsets", all)
}
