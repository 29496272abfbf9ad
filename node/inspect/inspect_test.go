package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/sockets"
	"gatehouse/node/systemd"
	"gatehouse/node/testkit"
)

func look(t *testing.T, n Node, asked document.Inspection) document.Report {
	t.Helper()
	report, err := n.Look(context.Background(), asked)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func equal(t *testing.T, found, expected any) {
	t.Helper()
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("found\n  %+v\nexpected\n  %+v", found, expected)
	}
}

// A server of an existing Consul has no unit of a mesh and no name of its own: the rest of the report is complete.
func TestNodeWithoutUnits(t *testing.T) {
	n := node(t, nil)
	n.Agent = agent{err: errors.New("connection refused")}
	var out bytes.Buffer
	if err := Run(context.Background(), n, document.Inspection{}, &out); err != nil {
		t.Fatal(err)
	}
	equal(t, out.String(), `{"version":"v1","mesh":{"mesh":"","node":"","role":"","tls":false},"others":[],"uptime":1234.56,`+
		`"files":[],"tree":[],"needed":[],"unpacked":[],"written":[],"units":[],"processes":[],"open":[],"fences":{"fault":"","open":[],"closed":[]},"leader":"","envoys":[],"copies":[],"edges":[]}`+"\n")
}

func TestAgentWithoutServicesIsNotSilent(t *testing.T) {
	var out bytes.Buffer
	if err := Run(context.Background(), node(t, nil), document.Inspection{}, &out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	equal(t, got["services"], []any{})
	equal(t, got["checks"], []any{})
}

func TestRecord(t *testing.T) {
	record := document.NodeRecord{Owner: document.Owner{Mesh: "shop", Node: "worker1"}, Role: document.Worker, TLS: true}
	asked := document.Inspection{Owner: record.Owner}
	now := node(t, map[string]string{host.RecordFile("shop"): `{"mesh":"shop","node":"worker1","role":"worker","tls":true}`})
	equal(t, look(t, now, asked).Mesh, record)
	earlier := node(t, map[string]string{"/opt/gatehouse/node.conf": "MESH='shop'\nNODE='worker1'\nROLE='worker'\nTLS='yes'\n"})
	equal(t, look(t, earlier, asked).Mesh, record)
}

func TestFiles(t *testing.T) {
	definition := "service {\n  token = \"secret\"\n  name = \"web\"\n}\n"
	n := node(t, map[string]string{
		"/etc/consul.d/web.hcl":           definition,
		"/etc/systemd/system/web.service": "[Unit]\n",
		"/opt/gatehouse/env/":             "",
	})
	link(t, n, "/nowhere", "/etc/systemd/system/masked.service")
	files := look(t, n, document.Inspection{Files: []string{
		"/etc/consul.d/web.hcl", "/etc/systemd/system/web.service", "/opt/gatehouse/env", "/etc/systemd/system/masked.service", "/gone",
	}}).Files
	owner := files[0].Owner
	if !strings.Contains(owner, ":") {
		t.Errorf("the owner is %q", owner)
	}
	equal(t, files, []document.FileReport{
		{Path: "/etc/consul.d/web.hcl", Type: "regular file", Owner: owner, Mode: "644", SHA256: digest([]byte("service {\n  name = \"web\"\n}\n"))},
		{Path: "/etc/systemd/system/web.service", Type: "regular file", Owner: owner, Mode: "644", SHA256: digest([]byte("[Unit]\n"))},
		{Path: "/opt/gatehouse/env", Type: "directory", Owner: owner, Mode: "755"},
		{Path: "/etc/systemd/system/masked.service", Type: "symbolic link", Owner: owner, Mode: "777"},
	})
}

func TestAnotherProgramNamedMeshIsForeign(t *testing.T) {
	for text, foreign := range map[string]bool{"another program": true, "exec /opt/gatehouse/bin/gatehouse-node mesh": false} {
		n := node(t, map[string]string{host.MeshFile: text})
		files := look(t, n, document.Inspection{Files: []string{host.MeshFile}}).Files
		if len(files) != 1 || files[0].Foreign != foreign {
			t.Errorf("%s: %+v", text, files)
		}
	}
}

func TestOnlyTheTokenLineIsLeftOut(t *testing.T) {
	for text, expected := range map[string]string{
		"a\n  token = \"x\"":               "a\n",
		"  token = \"x\" # why\n":          "  token = \"x\" # why\n",
		"    token = \"x\"\nb":             "    token = \"x\"\nb",
		"  token = \"a\nb\"\n":             "  token = \"a\nb\"\n",
		"  token = \"\"\n  token = \"\"\n": "",
	} {
		equal(t, string(withoutToken.ReplaceAll([]byte(text), nil)), expected)
	}
}

func TestTree(t *testing.T) {
	one, other, third := strings.Repeat("a", 64), strings.Repeat("b", 64), strings.Repeat("c", 64)
	instances := "/opt/gatehouse/instances/"
	n := node(t, map[string]string{
		instances + "web/releases/1/instance.json":  `{"binary":{"sha256":"` + other + `"}}`,
		instances + "web/releases/2/instance.conf":  "NAME='web'\nBINARY_SHA256='" + one + "'\n",
		instances + "web/releases/3/instance.json":  `{"binary":{"sha256":"../etc"}}`,
		instances + "edge/releases/4/instance.json": `{}`,
		instances + "old/releases/5/instance.json":  `{"binary":{"sha256":"` + one + `"}}`,
		instances + "old/releases/6/instance.json":  `broken ` + third,
		"/opt/gatehouse/binaries/" + one + "/web":   "program",
	})
	link(t, n, "releases/2", instances+"web/current")
	report := look(t, n, document.Inspection{})
	equal(t, report.Needed, []string{one, other})
	equal(t, report.Tree, []document.TreeEntry{
		{Path: "/opt/gatehouse/binaries", Type: "d"},
		{Path: "/opt/gatehouse/binaries/" + one, Type: "d"},
		{Path: "/opt/gatehouse/binaries/" + one + "/web", Type: "f"},
		{Path: "/opt/gatehouse/instances", Type: "d"},
		{Path: "/opt/gatehouse/instances/edge", Type: "d"},
		{Path: "/opt/gatehouse/instances/edge/releases", Type: "d"},
		{Path: "/opt/gatehouse/instances/old", Type: "d"},
		{Path: "/opt/gatehouse/instances/old/releases", Type: "d"},
		{Path: "/opt/gatehouse/instances/web", Type: "d"},
		{Path: "/opt/gatehouse/instances/web/current", Type: "l", Target: "releases/2"},
		{Path: "/opt/gatehouse/instances/web/releases", Type: "d"},
	})
}

func TestWritten(t *testing.T) {
	ours := "# Written by Gatehouse: x\n"
	n := node(t, map[string]string{
		"/etc/systemd/system/web.service":  ours,
		"/etc/systemd/system/ssh.service":  "[Unit]\n",
		"/etc/systemd/system/web.timer":    ours,
		"/etc/systemd/system/dir.service/": "",
		"/etc/consul.d/web.hcl":            "\n" + ours,
		"/etc/consul.d/web.hcl.old":        ours,
	})
	link(t, n, "/dev/zero", "/etc/systemd/system/endless.service")
	equal(t, look(t, n, document.Inspection{}).Written, []string{"/etc/systemd/system/web.service", "/etc/consul.d/web.hcl"})
}

func TestUnits(t *testing.T) {
	n := node(t, nil)
	program := n.Host.Path(filepath.Join(host.Binaries, "sum", "web"))
	put(t, n.Host.Root, map[string]string{"/opt/gatehouse/binaries/sum/web": "program", "/usr/bin/envoy": "envoy"})
	link(t, n, program, "/proc/7/exe")
	link(t, n, n.Host.Path("/usr/bin/envoy"), "/proc/8/exe")
	n.Units = units{known: map[string]systemd.Unit{
		"web.service": {
			LoadState: "loaded", ActiveState: "active", UnitFileState: "enabled", FragmentPath: "/etc/systemd/system/web.service",
			DropInPaths: []string{"/etc/x.conf"}, NeedDaemonReload: true, ActiveEnter: 5, MainPID: 7, Restarts: 2, ControlGroup: "/web",
		},
		"web-sidecar-proxy.service":   {LoadState: "loaded", ActiveState: "active", MainPID: 8},
		"mail.service":                {LoadState: "loaded", MainPID: 7},
		"stray-sidecar-proxy.service": {LoadState: "loaded", MainPID: 7, ControlGroup: "/web"},
	}}
	n.Open = func(group string) []sockets.Socket {
		if group != "/web" {
			return nil
		}
		return []sockets.Socket{{Address: netip.MustParseAddr("10.0.0.1"), Port: 80}, {Address: netip.IPv6Unspecified(), Port: 81}}
	}
	report := look(t, n, document.Inspection{
		Units:    []string{"web.service", "web-sidecar-proxy.service", "gone.service"},
		Services: []string{"web.service", "gone.service"},
		Names:    []string{"web", "stray", "gone"},
	})
	var names []string
	for _, unit := range report.Units {
		names = append(names, unit.ID+" "+unit.LoadState)
	}
	equal(t, names, []string{"gone.service not-found", "stray-sidecar-proxy.service loaded", "web-sidecar-proxy.service loaded", "web.service loaded"})
	equal(t, report.Units[0].DropInPaths, []string{})
	equal(t, report.Units[3], document.UnitReport{
		ID: "web.service", LoadState: "loaded", ActiveState: "active", UnitFileState: "enabled", NRestarts: 2,
		FragmentPath: "/etc/systemd/system/web.service", DropInPaths: []string{"/etc/x.conf"}, NeedDaemonReload: true,
		ActiveEnterTimestampMonotonic: 5,
	})
	equal(t, report.Processes, []document.ProcessReport{{Unit: "web.service", Exe: host.Binaries + "/sum/web", SHA256: digest([]byte("program"))}})
	equal(t, report.Open, []document.OpenSocket{{Unit: "web.service", At: "10.0.0.1:80"}, {Unit: "web.service", At: "[::]:81"}})
}

func TestSystemdThatIsSilent(t *testing.T) {
	n := node(t, nil)
	n.Units = units{err: errors.New("no bus")}
	_, err := n.Look(context.Background(), document.Inspection{})
	equal(t, err.Error(), "systemd does not list its units: no bus")
}

func TestAgent(t *testing.T) {
	n := node(t, nil)
	n.Agent = agent{
		services: []consul.Registration{
			{ID: "web", Service: "web", Port: 9001, Rest: consul.Rest{Address: "10.0.0.9", Meta: map[string]string{"a": "b"}}},
			{ID: "web-sidecar-proxy", Service: "web-sidecar-proxy", Kind: "connect-proxy", Port: 21001, Of: "web", Upstreams: []consul.Upstream{{Name: "db", LocalPort: 5000}}},
		},
		checks: []consul.Check{{ID: "c", Service: "web", Name: "health", Status: "critical", Output: "500"}},
		leader: "10.0.0.1:8300",
	}
	report := look(t, n, document.Inspection{})
	equal(t, report.Services, []document.AgentService{
		{ID: "web", Service: "web", Port: 9001, Upstreams: []document.AgentUpstream{}, Rest: map[string]any{"Address": "10.0.0.9", "Meta": map[string]any{"a": "b"}}},
		{ID: "web-sidecar-proxy", Service: "web-sidecar-proxy", Kind: "connect-proxy", Port: 21001, Of: "web", Upstreams: []document.AgentUpstream{{DestinationName: "db", LocalBindPort: 5000}}, Rest: map[string]any{}},
	})
	equal(t, report.Checks, []document.AgentCheck{{ServiceID: "web", Name: "health", Status: "critical", Output: "500"}})
	equal(t, report.Leader, "10.0.0.1:8300")
}

func TestFences(t *testing.T) {
	n := node(t, nil)
	n.Fences = func() (open, closed []int, err error) { return []int{5000}, []int{9001}, nil }
	report, err := n.Look(context.Background(), document.Inspection{})
	testkit.Must(t, err)
	equal(t, report.Fences, document.FenceReport{Open: []int{5000}, Closed: []int{9001}})
	n.Fences = func() (open, closed []int, err error) { return nil, nil, errors.New("not permitted\x1b[31m") }
	report, err = n.Look(context.Background(), document.Inspection{})
	testkit.Must(t, err)
	equal(t, report.Fences, document.FenceReport{Fault: "not permitted[31m", Open: []int{}, Closed: []int{}})
}

func TestAgentLeavesOutWhatIsEverySidecars(t *testing.T) {
	n := node(t, nil)
	n.Agent = agent{
		services: []consul.Registration{{ID: "web-sidecar-proxy", Rest: consul.Rest{Proxy: &api.AgentServiceConnectProxyConfig{
			Config: map[string]any{"protocol": "http", "envoy_tracing_json": "{}", "envoy_public_listener_json": "{}", "local_connect_timeout_ms": 5},
			Expose: api.ExposeConfig{Checks: true},
		}}}},
		entry: consul.Entry{"Config": map[string]any{"protocol": "http", "envoy_tracing_json": "{}", "local_connect_timeout_ms": 6}, "Expose": map[string]any{"Checks": true}},
	}
	proxy := look(t, n, document.Inspection{}).Services[0].Rest["Proxy"].(map[string]any)
	equal(t, proxy["Config"], any(map[string]any{"envoy_public_listener_json": "{}", "local_connect_timeout_ms": 5.0}))
	if _, there := proxy["Expose"]; there {
		t.Errorf("Expose: %v", proxy)
	}
}
