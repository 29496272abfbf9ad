package mark

import "testing"

func TestTheMeshThatAFileBelongsTo(t *testing.T) {
	const first = Written + ". Edit the mesh's declaration instead.\n"
	for text, want := range map[string]string{
		first + "[Unit]\nDescription=web, a service of mesh shop\n":         "shop",
		first + "[Unit]\nDescription=Envoy sidecar of web, mesh shop\n":     "shop",
		first + "[Unit]\nDescription=Ingress gateway mesh of mesh shop-2\n": "shop-2",
		first + "[Unit]\nDescription=web, a service of workmesh shop\n":     "",
		first + "[Unit]\n# Description=web, a service of mesh shop\n":       "",
		"[Unit]\nDescription=web, a service of mesh shop\n":                 "",
	} {
		if got := OfUnit([]byte(text)); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
	for text, want := range map[string]string{
		first + "service {\n  meta = {\n    gatehouse-mesh = \"shop\"\n  }\n}\n": "shop",
		first + "service {\n  meta { \"gatehouse-mesh\" = \"shop\" }\n}\n":       "",
		"service {\n  meta = {\n    gatehouse-mesh = \"shop\"\n  }\n}\n":         "",
		first + "service {\n  name = \"gatehouse-mesh\"\n}\n":                    "",
	} {
		if got := OfDefinition([]byte(text)); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
