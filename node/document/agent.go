package document

// Agent sets up the Consul agent of a node. Verb: agent setup.
type Agent struct {
	Owner
	Role Role `json:"role"`
	// Last says that this is the last server to be set up.
	Last bool `json:"last"`
	ACL  bool `json:"acl"`
	TLS  bool `json:"tls"`
	// Secrets says that the secret file "agent" arrives.
	Secrets bool `json:"secrets"`
	// Configuration and Unit of the agent.
	Configuration File `json:"configuration"`
	Unit          File `json:"unit"`
}

// AgentToken gives a server's agent, which already runs, its own token: the secret file "agent-token". Verb: agent token.
type AgentToken struct {
	Owner
}

// AgentRefresh has the agent register its services again with the results that their checks have now. Verb: agent refresh.
type AgentRefresh struct {
	Owner
}

// AgentRemoval removes the Consul agent that `agent setup` set up. Verb: agent remove.
type AgentRemoval struct {
	Owner
}
