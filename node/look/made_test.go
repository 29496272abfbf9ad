package look

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
	"gatehouse/node/systemd"
	systemdfake "gatehouse/node/systemd/fake"
	"gatehouse/node/testkit"
)

const (
	uuid    = "11111111-2222-4333-8444-555555555555"
	webUnit = "[Service]\nEnvironment=LOG=info\nExecStart=/usr/local/bin/web\nExecStartPre=/bin/true\nUser=shop\n"
	webFile = `service {
  name = "web"
  id = "web-1"
  port = 1
  token = "` + uuid + `"
  tags = ["blue"]
  check { http = "http://127.0.0.1:1/ready", interval = "5s", header { Authorization = ["Bearer abc"] } }
  connect { sidecar_service { port = 21010, proxy { upstreams = [{ destination_name = "api", local_bind_port = 5000 }] } } }
}
`
)

func madeOn(t *testing.T) []document.MadeByHand {
	t.Helper()
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	testkit.Put(t, h.Root, host.ConsulDir+"/10-web.hcl", webFile)
	testkit.Put(t, h.Root, host.ConsulDir+"/ours.hcl", mark.Written+".\nservice {\n  name = \"ours\"\n}\n")
	testkit.Put(t, h.Root, host.UnitDir+"/web.service", webUnit)
	testkit.Put(t, h.Root, host.UnitDir+"/web-envoy.service", "[Service]\nExecStart=/usr/bin/consul connect envoy -sidecar-for web-1\n")
	testkit.Put(t, h.Root, "/usr/local/bin/web", "the program")
	testkit.Put(t, h.Root, "/opt/consul/services/aa", `{"Token": "`+uuid+`", "Service": {"ID": "legacy"}}`)
	testkit.Put(t, h.Root, "/opt/consul/checks/bb", `{"Check": {"ServiceID": "legacy"}, "ChkType": {"TCP": "127.0.0.1:2", "Interval": 2000000000}, "Token": "`+uuid+`"}`)
	units := systemdfake.New()
	units.Set(systemd.Unit{Name: "web.service", ActiveState: "active", FragmentPath: host.UnitDir + "/web.service"})
	units.Set(systemd.Unit{Name: "web-envoy.service", ActiveState: "active", FragmentPath: host.UnitDir + "/web-envoy.service"})
	for _, name := range []string{"web-sidecar-proxy.service", "legacy.service", "legacy-sidecar-proxy.service"} {
		units.Set(systemd.Unit{Name: name, LoadState: "not-found"})
	}
	units.Services = map[string]systemd.Settings{
		"web.service": {
			Command:     []string{"/usr/local/bin/web", "-listen", ":1", "-password=hunter2", "-api-key", "abcdef", "-key", "/etc/web.key"},
			Environment: []string{"LOG=info", "DB_PASSWORD=hunter2", "DB=postgres://web:hunter2@db/web", "TLS_KEY=/etc/web.key"}, User: "shop",
		},
		"web-envoy.service": {Command: []string{"/usr/bin/consul"}, Environment: []string{"CONSUL_HTTP_TOKEN=" + uuid}},
	}
	l := &looker{Node: Node{Host: h, Units: units}, Questions: document.Questions{Made: &document.MadeQuestion{Registrations: []document.MadeRegistration{
		{ID: "web-1", Service: "web", Port: 1}, {ID: "web-1-sidecar-proxy", Service: "web-sidecar-proxy", Kind: "connect-proxy", Of: "web"},
		{ID: "legacy", Service: "legacy"}, {ID: "ours", Service: "ours", Mesh: "shop"}, {ID: "mg", Service: "mg", Kind: "mesh-gateway"},
		{ID: "consul", Service: "consul"},
	}}}}
	l.made(context.Background())
	printed := l.out.String()
	for _, secret := range []string{uuid, "hunter2", "abcdef", "Bearer"} {
		if strings.Contains(printed, secret) {
			t.Errorf("the answer has %q: %s", secret, printed)
		}
	}
	var all []document.MadeByHand
	if err := json.Unmarshal([]byte(strings.TrimPrefix(printed, "made\t")), &all); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return all
}

func TestMadeListsWhatPeopleMade(t *testing.T) {
	all := madeOn(t)
	var names []string
	for _, one := range all {
		names = append(names, one.Name+" "+one.Kind)
	}
	if !reflect.DeepEqual(names, []string{"legacy ", "mg mesh-gateway", "web "}) {
		t.Fatalf("found %q", names)
	}
	web := all[2]
	definition := document.MadeDefinition{
		File: host.ConsulDir + "/10-web.hcl", ID: "web-1", Port: 1, Sidecar: true, SidecarPort: 21010, Others: []string{"tags", "token"},
		Checks:    []document.MadeCheck{{HTTP: "http://127.0.0.1:1/ready", Args: []string{}, Interval: "5s", Others: []string{"header"}}},
		Upstreams: []document.MadeUpstream{{Name: "api", LocalPort: 5000, Others: []string{}}},
	}
	if !reflect.DeepEqual(web.Definitions, []document.MadeDefinition{definition}) {
		t.Errorf("definitions: %+v", web.Definitions)
	}
	if !reflect.DeepEqual(web.IDs, []string{"web-1", "web-1-sidecar-proxy"}) || len(web.Shared) > 0 || len(web.Units) != 2 {
		t.Errorf("web: %+v", web)
	}
	if check := all[0].Definitions[0].Checks[0]; check.TCP != "127.0.0.1:2" || check.Interval != "2s" {
		t.Errorf("the check that Consul keeps: %+v", check)
	}
}

func TestMadeSaysWhatAUnitRunsAndNoSecret(t *testing.T) {
	sidecar, web := madeOn(t)[2].Units[0], madeOn(t)[2].Units[1]
	if !sidecar.Envoy || web.Envoy {
		t.Errorf("envoy: %v %v", sidecar.Envoy, web.Envoy)
	}
	command := []string{"/usr/local/bin/web", "-listen", ":1", "-password=", "-api-key", "", "-key", "/etc/web.key"}
	if !reflect.DeepEqual(web.Command, command) || !reflect.DeepEqual(web.CutArguments, []string{"-password", "-api-key"}) {
		t.Errorf("command %q, cut %q", web.Command, web.CutArguments)
	}
	if !reflect.DeepEqual(web.Environment, map[string]string{"LOG": "info", "TLS_KEY": "/etc/web.key"}) || !reflect.DeepEqual(web.Secrets, []string{"DB", "DB_PASSWORD"}) {
		t.Errorf("environment %v, secrets %q", web.Environment, web.Secrets)
	}
	if web.SHA256 == "" || web.User != "shop" || !reflect.DeepEqual(web.Others, []string{"ExecStartPre"}) {
		t.Errorf("unit %+v", web)
	}
}
