package document

// Sweep removes from a node what this mesh put there and no longer declares. Verb: sweep.
type Sweep struct {
	Owner
	// Instances that belong here.
	Instances []string `json:"instances"`
	// Binaries that belong here: their SHA-256.
	Binaries []string `json:"binaries"`
	// LetGo are gateways that the declaration runs on other nodes: one that was made by hand here under such a name is
	// removed, and copies of its files are kept.
	LetGo []string `json:"letGo"`
}

// Wipe removes everything that this mesh put on the node, and nothing of another mesh. Verb: wipe.
type Wipe struct {
	Owner
	// Agent says whether the Consul agent is removed, too.
	Agent bool `json:"agent"`
	// OnDestroy says that the whole stack is destroyed: then it is no error when an earlier version gave the node to another
	// mesh, and the node is left as it is.
	OnDestroy bool `json:"onDestroy"`
}
