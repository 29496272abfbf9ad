package document

// Probe waits until every declared route of a gateway on this node is answered by its service. Verb: probe.
type Probe struct {
	Owner
	Gateway string `json:"gateway"`
	// AdminPort of the gateway's Envoy here.
	AdminPort int     `json:"adminPort"`
	Routes    []Route `json:"routes"`
	// ACL says that a token arrives as the secret file "probe-GATEWAY", with which the earlier routes are put back when
	// the new ones do not answer.
	ACL bool `json:"acl"`
}

// Route as the probe tries it.
type Route struct {
	// Protocol of the listener: http, http2, grpc or tcp.
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	// TLS says whether the listener speaks TLS.
	TLS bool `json:"tls"`
	// Host is a Host header that leads to the service; "-" on tcp.
	Host    string `json:"host"`
	Service string `json:"service"`
}
