package document

// Expand lets Consul serve the mesh as it was and as it will be, until every instance is replaced: it allows the new edges
// next to the old ones, and changes the protocol of services in the order that Consul accepts. Verb: expand. Once the
// instances serve, the verb expand routing writes Routing.
type Expand struct {
	Owner
	// ACL says that a token arrives as the secret file "handover".
	ACL bool `json:"acl"`
	// Intentions, Services and Gateways are the declared config entries service-intentions, service-defaults and
	// ingress-gateway, as Consul's API takes them.
	Intentions []map[string]any `json:"intentions"`
	Services   []map[string]any `json:"services"`
	Gateways   []map[string]any `json:"gateways"`
	// Routing are the declared entries service-resolver, service-splitter and service-router.
	Routing []map[string]any `json:"routing"`
	// TakeOver are config entries, as kind/name, that this mesh writes in place of those that were made by hand. These are
	// recorded in Consul before anything is written.
	TakeOver []string `json:"takeOver,omitempty"`
}

// EntryTake writes a config entry in place of one that was made by hand. Verb: entry take.
type EntryTake struct {
	Owner
	// Secret is the name of the secret file with the token. Absent where there are no ACLs.
	Secret string `json:"secret,omitempty"`
	// Entry as Consul's API takes it.
	Entry map[string]any `json:"entry"`
}

// EntryReturn puts back, on destroy, a config entry that was taken over. Verb: entry return.
type EntryReturn struct {
	Owner
	// ACL says that the token is the one that `entry take` left on the node.
	ACL  bool   `json:"acl"`
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// EntriesSettle puts back the config entries that were taken over and that the declaration no longer takes over. Verb:
// entry settle.
type EntriesSettle struct {
	Owner
	// Secret is the name of the secret file with the token. Absent where there are no ACLs.
	Secret string `json:"secret,omitempty"`
	// TakeOver are the entries that stay taken over, as kind/name.
	TakeOver []string `json:"takeOver"`
	// Written are all entries that this mesh writes, as kind/name.
	Written []string `json:"written"`
}

// ExpandRemoval removes, on destroy, the intentions that an expansion made and no deploy took over. Verb: expand remove.
type ExpandRemoval struct {
	Owner
}
