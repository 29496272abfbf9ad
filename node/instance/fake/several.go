package fake

import (
	"strings"

	"gatehouse/node/document"
)

// Second is a release of a service's second instance on the node, with ports of its own.
func Second(service, release string, words ...string) document.Instance {
	second := Service(service+"_2", release, words...)
	second.Service = service
	own := strings.NewReplacer("9001", "9002", "19000", "19002", "21000", "21001", "5000", "5001", `name = "`+second.Name+`"`, `name = "`+service+`"`)
	for i, file := range second.Files {
		second.Files[i].Content = own.Replace(file.Content)
	}
	second.Port, second.SidecarPort, second.AdminPort = 9002, 21001, 19002
	second.Upstreams = []document.Upstream{{Name: "backend", LocalPort: 5001}}
	return second
}
