package expand

import (
	"strings"
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
)

func TestAnEntryOfAnotherMeshIsRefused(t *testing.T) {
	doc := document.Expand{
		Owner:    document.Owner{Mesh: "shop"},
		Services: []map[string]any{{"Kind": serviceDefaults, "Name": "web", "Protocol": "http"}},
	}
	entry := func(name, mesh string) live {
		return live{serviceDefaults: {consul.Entry{"Kind": serviceDefaults, "Name": name, "Meta": object{"gatehouse-mesh": mesh}}}}
	}
	for _, fine := range []live{nil, entry("web", "shop"), entry("web", ""), entry("other", "stock")} {
		if err := refuseOthers(doc, fine); err != nil {
			t.Error(err)
		}
	}
	err := refuseOthers(doc, entry("web", "stock"))
	if err == nil || !strings.Contains(err.Error(), "service-defaults/web in Consul is of the mesh stock, and the deploy is of shop: nothing was changed") {
		t.Errorf("got %v", err)
	}
}
