package expand

import (
	"fmt"
	"slices"

	"gatehouse/node/document"
	"gatehouse/node/host"
	marks "gatehouse/node/mark"
)

// refuseOthers refuses a declaration of which an entry is another mesh's: before the first one is written, since there is one
// of a name for all.
func refuseOthers(doc document.Expand, now live) error {
	for _, declared := range entriesOf(slices.Concat(doc.Services, doc.Gateways, doc.Intentions)) {
		for _, entry := range now[text(declared["Kind"])] {
			meta, _ := entry["Meta"].(object)
			other := text(meta[marks.Meta])
			if entry.Name() != declared.Name() || other == "" || other == doc.Mesh {
				continue
			}
			other = host.Clean(other)
			return fmt.Errorf("%s/%s in Consul is of the mesh %s, and the deploy is of %s: nothing was changed. Give %s another name in %s, or take it out of %s first; if %s was renamed, name it %s again",
				text(declared["Kind"]), declared.Name(), other, doc.Mesh, declared.Name(), doc.Mesh, other, other, other)
		}
	}
	return nil
}
