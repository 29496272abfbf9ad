package drain

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/node/consul"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func newHost(t *testing.T) (*host.Host, *bytes.Buffer) {
	out := &bytes.Buffer{}
	h := &host.Host{Root: testkit.Folder(t), Out: out, Unowned: true, LockTimeout: time.Second}
	testkit.Put(t, h.Root, host.NodeFile, `{"mesh": "shop", "node": "worker1"}`)
	return h, out
}

// pages answers by path, and records what was changed: method, path and query.
type pages struct {
	mutex   sync.Mutex
	get     map[string]func() any
	changes []string
	tokens  []string
	refuse  bool
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if r.Method != http.MethodGet {
		p.changes = append(p.changes, strings.TrimSuffix(r.URL.Path+" "+r.URL.Query().Get("enable"), " "))
		p.tokens = append(p.tokens, r.Header.Get("X-Consul-Token"))
		if p.refuse {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return
	}
	page, there := p.get[r.URL.Path]
	if !there {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch answer := page().(type) {
	case string:
		fmt.Fprint(w, answer)
	default:
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (p *pages) start(t *testing.T) *url.URL {
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func (p *pages) client(t *testing.T) *consul.Client {
	client, err := consul.New(p.start(t).Host, "node")
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func fixed(answer any) func() any { return func() any { return answer } }

type object = map[string]any

func instances(nodes ...string) []object {
	var entries []object
	for _, node := range nodes {
		name, status, _ := strings.Cut(node, " ")
		entries = append(entries, object{"Node": object{"Node": name}, "Service": object{}, "Checks": []object{{"Status": status}}})
	}
	return entries
}

func quick() gatewayPace {
	return gatewayPace{answers: time.Millisecond, still: 2 * time.Millisecond, timeout: 30 * time.Millisecond, poll: time.Millisecond}
}

// stats are Envoy's answers, one text a request, the last one for all further requests.
func drainGateway(t *testing.T, nodes []object, stats ...string) (output string, asked []string) {
	h, out := newHost(t)
	agent := &pages{get: map[string]func() any{"/v1/health/service/edge": fixed(nodes)}}
	envoy := &pages{}
	envoy.get = map[string]func() any{"/stats": func() any {
		now := stats[0]
		if len(stats) > 1 {
			stats = stats[1:]
		}
		return now
	}}
	port, _ := strconv.Atoi(envoy.start(t).Port())
	if err := quick().drain(context.Background(), h, agent.client(t), "edge", port); err != nil {
		t.Error(err)
	}
	return out.String(), envoy.changes
}

func active(requests int) string {
	return fmt.Sprintf("http.ingress_upstream.downstream_rq_active: %d\nhttp.ingress_upstream.downstream_rq_total: 7\n", requests)
}

func TestGatewayWithAnother(t *testing.T) {
	output, asked := drainGateway(t, instances("worker1 passing", "worker2 passing"), active(2), active(1), active(0))
	if output != "" || strings.Join(asked, ", ") != "/healthcheck/fail, /drain_listeners" {
		t.Errorf("output %q, asked %v", output, asked)
	}
}

func TestGatewayWithRequestsThatDoNotEnd(t *testing.T) {
	output, _ := drainGateway(t, instances("worker1 passing", "worker2 passing"), active(1))
	if output != "gatehouse: edge still had requests after 30ms; going on\n" {
		t.Errorf("output: %s", output)
	}
}

func TestTheOnlyGatewayIsNotDrained(t *testing.T) {
	for _, nodes := range [][]object{instances("worker1 passing"), instances("worker1 passing", "worker2 critical"), {}} {
		output, asked := drainGateway(t, nodes, active(0))
		if output != "" || len(asked) > 0 {
			t.Errorf("%v: output %q, asked %v", nodes, output, asked)
		}
	}
}

func TestGatewayWithoutAnAgentOrRecord(t *testing.T) {
	h, out := newHost(t)
	agent := &pages{}
	client := agent.client(t)
	if err := quick().drain(context.Background(), h, client, "edge", 1); err != nil || !strings.Contains(out.String(), "does not say where else edge runs") {
		t.Errorf("%v %s", err, out)
	}
	if err := os.Remove(h.Path(host.NodeFile)); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := quick().drain(context.Background(), h, client, "edge", 1); err != nil || !strings.Contains(out.String(), "no mesh is on record") {
		t.Errorf("%v %s", err, out)
	}
}

func quickNode() nodePace {
	return nodePace{leave: time.Millisecond, answer: 30 * time.Millisecond, agree: 20 * time.Millisecond, tries: 2, poll: 2 * time.Millisecond}
}

func check(id, service, kind, status, output string) object {
	return object{"CheckID": id, "ServiceID": service, "Type": kind, "Status": status, "Output": output}
}

// nodeAgent has one service, and servers that agree. The node is in maintenance mode until something changes that.
func nodeAgent() *pages {
	web := check("service:web", "web", "http", "passing", "")
	agent := &pages{}
	agent.get = map[string]func() any{
		"/v1/agent/self":    fixed(object{"Config": object{"NodeName": "worker1"}}),
		"/v1/status/leader": fixed("\"10.0.0.1:8300\""),
		"/v1/agent/checks": func() any {
			if len(agent.changes) > 0 {
				return map[string]object{"service:web": web}
			}
			return map[string]object{"service:web": web, nodeMaintenance: check(nodeMaintenance, "", "maintenance", "critical", "")}
		},
		"/v1/health/node/worker1": fixed([]object{check("serfHealth", "", "", "passing", ""), web}),
	}
	return agent
}

const maintenance = "/v1/agent/maintenance "

// inMaintenance is how Consul's servers have the node.
func inMaintenance() any {
	return []object{check("serfHealth", "", "", "passing", ""), check(nodeMaintenance, "", "maintenance", "critical", "")}
}

func TestANodeIsGivenUpOnlyWhenTheServersKnow(t *testing.T) {
	h, out := newHost(t)
	agent := nodeAgent()
	asked := 0
	agent.get["/v1/health/node/worker1"] = func() any {
		if asked++; asked > 2 {
			return inMaintenance()
		}
		return []object{check("serfHealth", "", "", "passing", "")}
	}
	if err := quickNode().on(context.Background(), h, agent.client(t)); err != nil || out.Len() > 0 || asked != 3 {
		t.Errorf("%v %s, asked %d times", err, out, asked)
	}
	agent.get["/v1/health/node/worker1"] = fixed([]object{})
	if err := quickNode().on(context.Background(), h, agent.client(t)); err != nil || !strings.Contains(out.String(), "did not learn within 20ms") {
		t.Errorf("%v %s", err, out)
	}
}

func TestNodeOn(t *testing.T) {
	h, out := newHost(t)
	agent := nodeAgent()
	agent.get["/v1/health/node/worker1"] = inMaintenance
	if err := quickNode().on(context.Background(), h, agent.client(t)); err != nil || out.Len() > 0 {
		t.Errorf("%v %s", err, out)
	}
	if strings.Join(agent.changes, ", ") != maintenance+"true" {
		t.Error(agent.changes)
	}
	agent.refuse = true
	if err := quickNode().on(context.Background(), h, agent.client(t)); err != nil || !strings.Contains(out.String(), "callers do not learn that this node shuts down") {
		t.Errorf("%v %s", err, out)
	}
}

func TestNodeOff(t *testing.T) {
	h, out := newHost(t)
	agent := nodeAgent()
	if err := quickNode().off(context.Background(), h, agent.client(t)); err != nil || out.Len() > 0 {
		t.Errorf("%v %s", err, out)
	}
	if strings.Join(agent.changes, ", ") != maintenance+"false" {
		t.Error(agent.changes)
	}
}

// Other people's services run on the node, too, and maintenance mode would concern all of them.
func TestNothingChangesOnANodeThatServes(t *testing.T) {
	h, _ := newHost(t)
	agent := nodeAgent()
	agent.get["/v1/agent/checks"] = fixed(map[string]object{"service:web": check("service:web", "web", "http", "passing", "")})
	agent.get["/v1/health/node/worker1"] = fixed([]object{})
	if err := quickNode().off(context.Background(), h, agent.client(t)); err != nil || len(agent.changes) > 0 {
		t.Errorf("%v %v", err, agent.changes)
	}
	if err := NodeOn(context.Background(), h, agent.client(t), false); err != nil || len(agent.changes) > 0 {
		t.Errorf("%v %v", err, agent.changes)
	}
}

func TestNodeOffWithoutAnAgentOrALeader(t *testing.T) {
	for _, change := range []func(agent *pages){
		func(agent *pages) { delete(agent.get, "/v1/agent/self") },
		func(agent *pages) { agent.get["/v1/status/leader"] = fixed("\"\"") },
		func(agent *pages) { agent.refuse = true },
	} {
		h, _ := newHost(t)
		agent := nodeAgent()
		change(agent)
		if err := quickNode().off(context.Background(), h, agent.client(t)); err != errStays {
			t.Errorf("error: %v", err)
		}
	}
}

func TestNodeOffUpdatesTheServersAgain(t *testing.T) {
	h, out := newHost(t)
	agent := nodeAgent()
	agent.get["/v1/health/node/worker1"] = fixed([]object{check("service:web", "web", "http", "critical", "")})
	if err := quickNode().off(context.Background(), h, agent.client(t)); err != nil || !strings.Contains(out.String(), "do not have the checks of this node as its agent has them") {
		t.Errorf("%v %s", err, out)
	}
	again := maintenance + "true, " + maintenance + "false"
	if got := strings.Join(agent.changes, ", "); got != maintenance+"false, "+again+", "+again {
		t.Error(got)
	}
}

func TestNodeOffNudgesSidecars(t *testing.T) {
	h, out := newHost(t)
	testkit.Put(t, h.Root, host.Secrets+"/web.token", "web's\n")
	testkit.Put(t, h.Root, "/opt/evil.token", "not to be read")
	agent := nodeAgent()
	late := map[string]object{
		"a": check("a", "web-sidecar-proxy", "alias", "critical", "Service web is critical: Node Maintenance Mode"),
		"b": check("b", "../../evil-sidecar-proxy", "alias", "critical", "Node Maintenance Mode"),
	}
	agent.get["/v1/agent/checks"] = func() any {
		if len(agent.changes) >= 5 {
			return map[string]object{}
		}
		return late
	}
	agent.get["/v1/health/node/worker1"] = fixed([]object{})
	if err := quickNode().off(context.Background(), h, agent.client(t)); err != nil || out.Len() > 0 {
		t.Errorf("%v %s", err, out)
	}
	for i, change := range agent.changes {
		if strings.Contains(change, "/service/maintenance/web") && agent.tokens[i] != "web's" || agent.tokens[i] == "not to be read" {
			t.Errorf("%s with %q", change, agent.tokens[i])
		}
	}
	if !strings.Contains(strings.Join(agent.changes, ", "), "/v1/agent/service/maintenance/web true, /v1/agent/service/maintenance/web false") {
		t.Error(agent.changes)
	}
}
