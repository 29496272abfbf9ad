package mesh

import (
	"fmt"
	"strings"

	"gatehouse/node/host"
)

func (c command) usage() string {
	node := "this node belongs to no mesh"
	switch len(c.records) {
	case 0:
	case 1:
		node = fmt.Sprintf("the mesh '%s' on this node, %s (%s)", c.records[0].Mesh, c.records[0].Node, c.records[0].Role)
	default:
		names := make([]string, len(c.records))
		for i, record := range c.records {
			names[i] = "'" + record.Mesh + "'"
		}
		node = fmt.Sprintf("the meshes %s on this node, %s", strings.Join(names, " and "), c.records[0].Node)
	}
	return host.Clean("mesh: "+node) + `

  mesh status          units, health and Envoy of everything that runs here
  mesh logs NAME       follow the journal of a service or gateway and its Envoy   [journalctl options]
  mesh restart NAME    restart a service and its sidecar, or a gateway
  mesh rollback NAME   go back to the release of NAME before the one that runs
  mesh routes          which hosts and ports lead where
  mesh config NAME     what was installed for NAME, and what Consul and Envoy made of it
`
}
