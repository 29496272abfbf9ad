package look

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
	systemdfake "gatehouse/node/systemd/fake"
	"gatehouse/node/testkit"
)

func TestLookAnswersEveryQuestion(t *testing.T) {
	h := &host.Host{Root: testkit.Folder(t), Unowned: true}
	testkit.Put(t, h.Root, host.NodeFile, `{"mesh": "shop", "node": "worker1", "role": "worker", "tls": true}`)
	testkit.Put(t, h.Root, host.RecordFile("stock"), `{"mesh": "stock", "node": "worker1", "role": "worker", "tls": true}`)
	testkit.Put(t, h.Root, host.Instances+"/web/history.json", `{"mesh": "stock"}`)
	testkit.Put(t, h.Root, host.Secrets+"/_agent.token", "the-token\n")
	testkit.Put(t, h.Root, host.Instances+"/web/current", "")
	testkit.Put(t, h.Root, host.Instances+"/web/rolled-back", "")
	testkit.Put(t, h.Root, host.Instances+"/gone/history.json", "")
	testkit.Put(t, h.Root, host.Binaries+"/abc/web", "")
	testkit.Put(t, h.Root, host.ConsulDir+"/old.hcl", "service {\n  name = \"web\"\n}\n")
	testkit.Put(t, h.Root, host.ConsulDir+"/caller.hcl", "destination_name = \"web\"\n")
	testkit.Put(t, h.Root, "/opt/gatehouse/ran/stock/program_w1", "17\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Consul-Token") != "the-token" {
			http.Error(w, "Permission denied", http.StatusForbidden)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/leader") {
			_, _ = w.Write([]byte(`"10.0.0.1:8300"`))
			return
		}
		_, _ = w.Write([]byte("{\"Config\":\n\t{}}"))
	}))
	defer server.Close()
	units := systemdfake.New()
	units.Set(systemd.Unit{Name: "web.service", LoadState: "loaded", ActiveState: "active", FragmentPath: "/etc/systemd/system/web.service"})

	var out bytes.Buffer
	err := Run(context.Background(), Node{h, units, server.URL, "root"}, document.Questions{
		Programs: []string{"no-such-program"}, Units: []string{"web.service"}, Names: []string{"web"},
		Folders: []string{"/opt/consul"}, Files: []string{host.ConsulDir + "/old.hcl", "/nothing"},
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"mesh\tshop\tearlier", "mesh\tstock", "agentmesh\t", "instance\tweb\tstock", "rolledback\tweb", "binary\tabc", "missing\tno-such-program",
		"believed\tshop", "ran\tstock\tprogram_w1\t17",
		"agent\t200\t{\"Config\":{}}", "leader\t10.0.0.1:8300", "definition\t/etc/consul.d/old.hcl\tweb",
		"unit\tId=web.service\nunit\tFragmentPath=/etc/systemd/system/web.service\nunit\tActiveState=active\nunit\t",
	} {
		if !strings.Contains(out.String(), "\n"+line+"\n") {
			t.Errorf("missing: %s\n%s", line, &out)
		}
	}
	for _, line := range []string{"instance\tgone", "caller.hcl", "file\t/nothing", "believed\tstock"} {
		if strings.Contains(out.String(), line) {
			t.Errorf("printed: %s", line)
		}
	}
	if !strings.HasSuffix(out.String(), "\nend\n") {
		t.Error("no end")
	}
}

func TestCharactersThatEndAFieldAreLeftOut(t *testing.T) {
	l := &looker{}
	l.print("unit", "a\tb\nc\rd")
	if got := l.out.String(); got != "unit\tabcd\n" {
		t.Errorf("got %q", got)
	}
}
