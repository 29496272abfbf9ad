package document

// Fence says which users the units of an instance have, and which ports on loopback belong to it. It is a file of the release,
// /opt/gatehouse/fences/NAME.json; package fence makes rules of the kernel from it.
type Fence struct {
	// Envoy is the user of the unit of the instance's Envoy. Absent where it has none.
	Envoy string `json:"envoy,omitempty"`
	// Service is the user of the unit of a service's program. Absent for a gateway, and for a service that a unit of others runs,
	// whose user is not known.
	Service string `json:"service,omitempty"`
	// Port that the service listens on. Absent where nothing calls it, and where Service is.
	Port int `json:"port,omitempty"`
	// HealthPort is the service's port for health checks. Absent where that is Port.
	HealthPort int `json:"healthPort,omitempty"`
	// AdminPort is the port of Envoy's admin page. Absent where there is no Envoy.
	AdminPort int `json:"adminPort,omitempty"`
	// ReadyPort is where a gateway's Envoy tells Consul's agent that it is ready. Absent for a service.
	ReadyPort int `json:"readyPort,omitempty"`
	// Upstreams are the ports on which the sidecar listens for the service.
	Upstreams []int `json:"upstreams,omitempty"`
}
