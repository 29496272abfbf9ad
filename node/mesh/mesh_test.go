package mesh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"golang.org/x/sys/unix"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
	"gatehouse/node/testkit"
)

type units struct {
	systemd.Manager
	known     map[string]systemd.Unit
	restarted []string
	err       error
}

func (u *units) Unit(_ context.Context, name string) (systemd.Unit, error) { return u.known[name], nil }
func (u *units) Restart(_ context.Context, names ...string) error {
	u.restarted = append(u.restarted, names...)
	return u.err
}
func (u *units) Close() {}

type agent struct {
	leader   string
	checks   []consul.Check
	gateways []*api.IngressGatewayConfigEntry
	err      error
}

func (a agent) Leader(context.Context) string                             { return a.leader }
func (a agent) Checks(context.Context, ...string) ([]consul.Check, error) { return a.checks, a.err }
func (a agent) Gateways(context.Context) ([]*api.IngressGatewayConfigEntry, error) {
	return a.gateways, a.err
}
func (a agent) Registration(_ context.Context, id string) (map[string]any, error) {
	return map[string]any{"ID": id}, a.err
}

// world is a node with the instances web and edge; web was rolled back.
type world struct {
	root  string
	units *units
	agent agent
	tools Tools
	did   []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{root: t.TempDir(), agent: agent{leader: "10.0.0.1:8300"}}
	for path, content := range map[string]string{
		host.NodeFile:                               `{"mesh":"shop","node":"worker1","role":"worker"}`,
		host.Instances + "/web/rolled-back":         "222222222222\n",
		host.Instances + "/edge/x":                  "",
		host.UnitDir + "/web.service":               "",
		host.UnitDir + "/edge.service":              "",
		host.UnitDir + "/web-sidecar-proxy.service": "",
	} {
		testkit.Put(t, w.root, path, content)
	}
	w.units = &units{known: map[string]systemd.Unit{
		"consul.service":            {ActiveState: "active"},
		"web.service":               {ActiveState: "active", UnitFileState: "enabled", Restarts: 2, Since: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)},
		"web-sidecar-proxy.service": {ActiveState: "active", UnitFileState: "enabled"},
		"edge.service":              {ActiveState: "failed", UnitFileState: "disabled"},
	}}
	w.tools = Tools{
		Units: func(context.Context) (systemd.Manager, error) { return w.units, nil },
		Load: func(_ *host.Host, folder string) (document.Instance, error) {
			if folder != host.Instances+"/web/current" {
				return document.Instance{}, errors.New("no such release")
			}
			return document.Instance{Name: "web", Release: "111111111111", AdminPort: 1, Files: []document.File{
				{Path: "/etc/systemd/system/web.service", Content: "[Unit]\n"},
				{Path: "/etc/consul.d/web.hcl", Content: "service {}\n"},
				{Path: "/opt/gatehouse/env/web.env", Content: "GREETING=\"secret\"\n# NOT=this\nCOLOUR=red\n"},
			}, Secrets: []document.SecretVariable{{Name: "PASSWORD"}}}, nil
		},
		Owner:    func(_ *host.Host, name string) string { return map[string]string{"web": "shop", "edge": "stock"}[name] },
		Rollback: func(_ context.Context, name string) error { w.did = append(w.did, "rollback "+name); return nil },
		Become:   func(command ...string) error { w.did = append(w.did, strings.Join(command, " ")); return nil },
	}
	return w
}

func (w *world) run(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	w.tools.Agent = w.agent
	code = Run(context.Background(), &host.Host{Root: w.root, Unowned: true}, w.tools, args, &out, &err)
	return code, out.String(), err.String()
}

func (w *world) says(t *testing.T, code int, stdout, stderr string, args ...string) {
	t.Helper()
	isCode, isOut, isErr := w.run(args...)
	if isCode != code || isOut != stdout || isErr != stderr {
		t.Errorf("mesh %s\nexit %d\n%s\n%s\nexpected: exit %d\n%s\n%s", strings.Join(args, " "), isCode, isOut, isErr, code, stdout, stderr)
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	_, usage, _ := w.run()
	if !strings.HasPrefix(usage, "mesh: the mesh 'shop' on this node, worker1 (worker)\n\n  mesh status ") {
		t.Error(usage)
	}
	w.says(t, 0, usage, "", "help")
	w.says(t, 0, usage, "", "--help")
	w.says(t, 2, "", usage, "stats")
	if err := os.Remove(filepath.Join(w.root, host.NodeFile)); err != nil {
		t.Fatal(err)
	}
	if _, usage, _ := w.run("help"); !strings.HasPrefix(usage, "mesh: this node belongs to no mesh\n") {
		t.Error(usage)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t)
	w.agent.checks = []consul.Check{
		{ID: "service:web", Service: "web", Name: "health", Status: "critical", Output: "a\n  b\x1b[31m" + strings.Repeat("x", 200)},
		{ID: "serfHealth", Name: "Serf Health Status", Status: "passing"},
	}
	w.says(t, 0, `consul: active, leader 10.0.0.1:8300
UNIT                                          ACTIVE     ENABLED    RESTARTS  SINCE
edge.service                                  failed     disabled   0         
web.service                                   active     enabled    2         Thu 2026-11-26 12:00:00 UTC
web-sidecar-proxy.service                     active     enabled    0         

CHECKS
node  Serf Health Status: passing  
web  health: critical  a b[31m`+strings.Repeat("x", 92)+`
release of edge: none (no such release)
release of web: 111111111111, rolled back by hand; deployed was 222222222222
envoy of web: does not answer
`, "", "status")
}

func TestStatusWithoutAnAgent(t *testing.T) {
	w := newWorld(t)
	w.agent = agent{err: errors.New("connection refused")}
	_, out, _ := w.run("status")
	if !strings.HasPrefix(out, "consul: active, leader unknown\n") || !strings.Contains(out, "CHECKS\nConsul's agent does not answer: connection refused\n") {
		t.Error(out)
	}
	w.tools.Units = func(context.Context) (systemd.Manager, error) { return nil, errors.New("systemd does not answer") }
	w.says(t, 1, "", "mesh: systemd does not answer (are you root?)\n", "status")
}

func TestNamesOfInstances(t *testing.T) {
	w := newWorld(t)
	w.says(t, 1, "", "mesh: which one? Name one of: edge web\n", "logs")
	for _, name := range []string{"nothing", "../web", "web/current"} {
		w.says(t, 1, "", "mesh: no '"+name+"' on this node; there are: edge web\n", "rollback", name)
	}
	if len(w.did) > 0 {
		t.Error(w.did)
	}
}

func TestVerbsOfOtherPrograms(t *testing.T) {
	w := newWorld(t)
	w.says(t, 0, "", "", "logs", "web")
	w.says(t, 0, "", "", "logs", "edge", "-n", "5")
	w.says(t, 0, "", "", "rollback", "web")
	expected := []string{"journalctl -u web.service -u web-sidecar-proxy.service -f -n 50", "journalctl -u edge.service -n 5", "rollback web"}
	if strings.Join(w.did, "\n") != strings.Join(expected, "\n") {
		t.Error(w.did)
	}
	w.tools.Rollback = func(context.Context, string) error {
		return errors.New("there is no release of web before 111111111111")
	}
	w.says(t, 1, "", "mesh: there is no release of web before 111111111111\n", "rollback", "web")
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.says(t, 0, `UNIT                                          ACTIVE     ENABLED    RESTARTS  SINCE
web.service                                   active     enabled    2         Thu 2026-11-26 12:00:00 UTC
web-sidecar-proxy.service                     active     enabled    0         
`, "", "restart", "web")
	if strings.Join(w.units.restarted, " ") != "web.service web-sidecar-proxy.service" {
		t.Error(w.units.restarted)
	}
	w.units.err = errors.New("systemd could not restart web.service: failed")
	w.says(t, 1, "", "mesh: systemd could not restart web.service: failed; see: mesh logs web\n", "restart", "web")
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	w.agent.gateways = []*api.IngressGatewayConfigEntry{{Name: "edge", Listeners: []api.IngressListener{
		{Port: 8080, Protocol: "http", Services: []api.IngressService{{Name: "web", Hosts: []string{"a.test", "b.test"}}, {Name: "db"}}},
	}}}
	w.says(t, 0, "edge :8080 http host a.test, b.test -> web\nedge :8080 http host db.ingress.* -> db\n", "", "routes")
	w.agent.err = errors.New("connection refused")
	w.says(t, 1, "", "mesh: this node's Consul agent does not list the gateways: connection refused\n", "routes")
}

func TestConfig(t *testing.T) {
	w := newWorld(t)
	admin := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(answer, "db::1.2.3.4::cx_active::1\ndb::1.2.3.4::weight::1\ndb::1.2.3.4::health_flags::healthy\n")
	}))
	defer admin.Close()
	_, port, _ := net.SplitHostPort(admin.Listener.Addr().String())
	load := w.tools.Load
	w.tools.Load = func(h *host.Host, folder string) (document.Instance, error) {
		release, err := load(h, folder)
		release.AdminPort, _ = strconv.Atoi(port)
		return release, err
	}
	w.says(t, 0, `### /etc/consul.d/web.hcl
service {}
### /etc/systemd/system/web.service
[Unit]
### environment: the names only
GREETING
COLOUR
PASSWORD
### as Consul has it
{
  "ID": "web"
}
### clusters of its Envoy
db::1.2.3.4::cx_active::1
db::1.2.3.4::health_flags::healthy
`, "", "config", "web")
	w.says(t, 1, "", "mesh: no such release\n", "config", "edge")
}

func TestOnlyRootMayReadTheToken(t *testing.T) {
	w := newWorld(t)
	h := &host.Host{Root: w.root}
	denied := func(string, uint32) error { return unix.EACCES }
	if err := needsRoot(h, denied, []string{"status"}); err != nil {
		t.Error(err) // no ACLs: there is no token
	}
	if err := os.MkdirAll(h.Path(host.Secrets), 0o700); err != nil {
		t.Fatal(err)
	}
	err := needsRoot(h, denied, []string{"logs", "web"})
	if err == nil || err.Error() != "only root may read this node's token for Consul: sudo mesh logs web" {
		t.Error(err)
	}
	if err := needsRoot(h, unix.Access, nil); err != nil {
		t.Error(err)
	}
}

func TestBecome(t *testing.T) {
	if err := Become("no-such-program-of-any-node"); err == nil {
		t.Error("it became nothing")
	}
}
