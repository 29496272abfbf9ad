package definition

import (
	"reflect"
	"testing"
)

func TestRead(t *testing.T) {
	for text, expected := range map[string]File{
		"": {},
		"service {\n  name = \"web\" # the one\n  id = \"web-1\"\n  check { name = \"other\", tcp = \"127.0.0.1:9001\" }\n  connect { sidecar_service {} }\n}\n": {
			Services: []Service{{ID: "web-1", Name: "web"}}},
		"service = { name = \"web\" }": {Services: []Service{{ID: "web", Name: "web"}}},
		`{"service": {"Name": "web", "ID": "w", "Checks": [{"HTTP": "http://x/{y}", "Interval": "1s"}]}}`: {
			Services: []Service{{ID: "w", Name: "web"}}},
		"services = [{ name = \"web\" }, { name = \"api\" }]":      {Services: []Service{{ID: "web", Name: "web"}, {ID: "api", Name: "api"}}},
		"services { name = \"web\" }\nservices { name = \"api\" }": {Services: []Service{{ID: "web", Name: "web"}, {ID: "api", Name: "api"}}},
		"service {\n  kind = \"connect-proxy\"\n  name = \"web-proxy\"\n  proxy = { destination_service_name = \"web\", destination_service_id = \"web-1\" }\n}": {
			Services: []Service{{ID: "web-proxy", Name: "web-proxy", Kind: "connect-proxy", Of: "web", OfID: "web-1"}}},
		"/* service { name = \"no\" } */ // nor this { \nservice \"label\" {\n name = \"web\"\n meta { text = \"\\\"}\" }\n proxy { config { x = <<EOT\n} service {\nEOT\n } }\n}": {
			Services: []Service{{ID: "web", Name: "web"}}},
		"data_dir = \"/opt/consul\"\nports { grpc = 8502 }\nservice { name = \"web\" }": {
			Services: []Service{{ID: "web", Name: "web"}}, Others: []string{"datadir", "ports"}},
	} {
		found, err := Read([]byte(text))
		if err != nil || !reflect.DeepEqual(found, expected) {
			t.Errorf("%s\n%+v, %v; expected %+v", text, found, err, expected)
		}
	}
}

func TestAFileThatConsulCouldNotReadIsAnError(t *testing.T) {
	for _, text := range []string{"service {", "service { name = \"web }", "}", "service = [", "{", "service { name = }"} {
		if found, err := Read([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, found)
		}
	}
}
