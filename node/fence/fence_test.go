package fence_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

// kernel in memory.
type kernel struct{ rules fence.Rules }

func (k *kernel) Write(rules fence.Rules) error {
	k.rules = rules
	return nil
}

func (k *kernel) Read() (fence.Rules, error) { return k.rules, nil }

type node struct {
	fence.Keeper
	t      *testing.T
	kernel *kernel
	users  map[string]uint32
}

func newNode(t *testing.T) *node {
	n := &node{t: t, kernel: &kernel{}, users: map[string]uint32{"consul": 100}}
	n.Keeper = fence.Keeper{
		Host: &host.Host{Root: testkit.Folder(t)}, Kernel: n.kernel,
		UID: func(name string) (uint32, bool) {
			uid, known := n.users[name]
			return uid, known
		},
	}
	return n
}

func (n *node) put(path, text string) {
	n.t.Helper()
	testkit.Must(n.t, os.MkdirAll(filepath.Dir(n.Host.Path(path)), 0o755))
	testkit.Must(n.t, os.WriteFile(n.Host.Path(path), []byte(text), 0o644))
}

// instance on this node, with a user of each unit.
func (n *node) instance(name, fenced string, users ...uint32) {
	n.put("/opt/gatehouse/instances/"+name+"/current/instance.json", "{}")
	if fenced != "" {
		n.put(fence.Path(name), fenced)
	}
	for i, uid := range users {
		n.users[[]string{"gatehouse-" + name + "_sidecar", "gatehouse-" + name}[i]] = uid
	}
}

const (
	web = `{"envoy": "gatehouse-web_sidecar", "service": "gatehouse-web", "port": 9001, "adminPort": 19001, "upstreams": [5000, 5001]}`
	api = `{"envoy": "gatehouse-api_sidecar", "service": "gatehouse-api", "port": 9002, "adminPort": 19002}`
)

// rules in order, a port a line.
func (n *node) rules() string {
	rules := n.kernel.rules
	var lines []string
	for _, port := range rules.Ports() {
		if only, is := rules.Only[port]; is {
			lines = append(lines, fmt.Sprintf("%d only %v", port, only))
		}
		if refused, is := rules.Refused[port]; is {
			lines = append(lines, fmt.Sprintf("%d not %v", port, refused))
		}
		if answer, is := rules.Answer[port]; is {
			lines = append(lines, fmt.Sprintf("%d answered by %v", port, answer))
		}
	}
	return strings.Join(lines, "; ")
}

func (n *node) keep(free bool, want ...string) {
	n.t.Helper()
	testkit.Must(n.t, n.Keep(free))
	if got := n.rules(); got != strings.Join(want, "; ") {
		n.t.Errorf("rules:\n%s\nwant:\n%s", strings.ReplaceAll(got, "; ", "\n"), strings.Join(want, "\n"))
	}
}

func TestAnAgentOfGatehouseIsForRootAndItsUser(t *testing.T) {
	n := newNode(t)
	n.put(host.AgentRecord, "{}")
	n.instance("web", web, 61, 62)
	n.instance("api", api, 71, 72)
	n.keep(true,
		"5000 only [62]", "5000 answered by [61]", "5001 only [62]", "5001 answered by [61]",
		"8500 only [100]", "8501 only [100]",
		"8502 only [61 71 100]", "8502 answered by [100]", "8503 only [61 71 100]", "8503 answered by [100]",
		"9001 only [61 62 100]", "9001 answered by [62]", "9002 only [71 72 100]", "9002 answered by [72]",
		"19001 only [61]", "19001 answered by [61]", "19002 only [71]", "19002 answered by [71]")
}

func TestAtAnotherPersonsAgentOnlyTheUnitsOfTheMeshAreRefused(t *testing.T) {
	n := newNode(t)
	n.put(host.NodeEnv, "GATEHOUSE_ENVOY_FLAGS=-ignore-envoy-compatibility -grpc-addr https://127.0.0.1:18503 -grpc-ca-file /opt/gatehouse/xds-ca.pem\n")
	n.instance("web", web, 61, 62)
	n.instance("api", api, 71, 72)
	n.keep(true,
		"5000 only [62]", "5000 answered by [61]", "5001 only [62]", "5001 answered by [61]",
		"8500 not [61 62 71 72]", "8501 not [61 62 71 72]", "8502 not [62 72]", "8503 not [62 72]",
		"9001 not [71 72]", "9002 not [61 62]", "18503 not [62 72]",
		"19001 only [61]", "19001 answered by [61]", "19002 only [71]", "19002 answered by [71]")
}

func TestAnInstanceOfAnEarlierVersionStillReachesTheAgent(t *testing.T) {
	n := newNode(t)
	n.put(host.AgentRecord, "{}")
	n.instance("web", web, 61, 62)
	n.instance("old", "")
	n.keep(true,
		"5000 only [62]", "5000 answered by [61]", "5001 only [62]", "5001 answered by [61]",
		"8500 not [61 62]", "8501 not [61 62]", "8502 not [62]", "8503 not [62]",
		"9001 not []", "19001 only [61]", "19001 answered by [61]")
}

func TestAPortForHealthIsFencedLikeTheService(t *testing.T) {
	n := newNode(t)
	withHealth := strings.Replace(web, `"adminPort"`, `"healthPort": 9011, "adminPort"`, 1)
	n.instance("web", withHealth, 61, 62)
	n.instance("api", api, 71, 72)
	testkit.Must(t, n.Keep(true))
	if got := n.kernel.rules.Refused[9011]; !slices.Equal(got, fence.UIDs{71, 72}) {
		t.Errorf("at another person's agent: %v", got)
	}
	n.put(host.AgentRecord, "{}")
	testkit.Must(t, n.Keep(true))
	if got := n.kernel.rules.Only[9011]; !slices.Equal(got, fence.UIDs{61, 62, 100}) {
		t.Errorf("%v", got)
	}
	if got := n.kernel.rules.Answer[9011]; !slices.Equal(got, fence.UIDs{62}) {
		t.Errorf("answered by %v", got)
	}
}

func TestOnlyTheAgentAsksWhetherAGatewayIsReady(t *testing.T) {
	n := newNode(t)
	n.instance("edge", `{"envoy": "gatehouse-edge", "adminPort": 19003, "readyPort": 21003}`)
	n.users["gatehouse-edge"] = 81
	n.instance("api", api, 71, 72)
	testkit.Must(t, n.Keep(true))
	if got := n.kernel.rules.Refused[21003]; !slices.Equal(got, fence.UIDs{71, 72, 81}) {
		t.Errorf("at another person's agent: %v", got)
	}
	n.put(host.AgentRecord, "{}")
	testkit.Must(t, n.Keep(true))
	if got := n.kernel.rules.Only[21003]; !slices.Equal(got, fence.UIDs{100}) {
		t.Errorf("%v", got)
	}
	if got := n.kernel.rules.Answer[21003]; !slices.Equal(got, fence.UIDs{81}) {
		t.Errorf("answered by %v", got)
	}
}

func TestWhereTheKernelDoesNotKnowWhoAnswersNoAnswerIsLookedAt(t *testing.T) {
	for _, one := range []struct {
		cookies, release, multipath string
		want                        bool
	}{
		{"1", "6.1.0-18-amd64", "1", true},
		{"2", "6.1.0-18-amd64", "1", false},
		{"1", "5.12.0", "1", true},
		{"1", "5.10.0-28-amd64", "1", false},
		{"1", "5.10.0-28-amd64", "0", true},
		{"1", "4.18.0-513.el8.x86_64", "", true},
		{"", "", "", true},
	} {
		n := newNode(t)
		n.put(host.AgentRecord, "{}")
		n.instance("web", web, 61, 62)
		n.put("/proc/sys/net/ipv4/tcp_syncookies", one.cookies+"\n")
		n.put("/proc/sys/kernel/osrelease", one.release+"\n")
		n.put("/proc/sys/net/mptcp/enabled", one.multipath+"\n")
		testkit.Must(t, n.Keep(true))
		if got := len(n.kernel.rules.Answer) > 0; got != one.want {
			t.Errorf("%v: %t", one, got)
		}
	}
}

func TestThePortOfAUnitOfOthersStaysOpenAndItsUpstreamsAreNoOtherUnits(t *testing.T) {
	n := newNode(t)
	n.put(host.AgentRecord, "{}")
	n.instance("web", web, 61, 62)
	n.instance("api", `{"envoy": "gatehouse-api_sidecar", "adminPort": 19002, "upstreams": [5002]}`, 71)
	n.keep(true,
		"5000 only [62]", "5000 answered by [61]", "5001 only [62]", "5001 answered by [61]",
		"5002 not [61 62 71]", "5002 answered by [71]", "8500 only [100]", "8501 only [100]",
		"8502 only [61 71 100]", "8502 answered by [100]", "8503 only [61 71 100]", "8503 answered by [100]",
		"9001 only [61 62 100]", "9001 answered by [62]",
		"19001 only [61]", "19001 answered by [61]", "19002 only [71]", "19002 answered by [71]")
}

func TestAPortThatIsLeftStaysClosedUntilItIsFreed(t *testing.T) {
	n := newNode(t)
	n.instance("web", web, 61, 62)
	testkit.Must(t, n.Keep(true))
	n.put(fence.Path("web"), strings.Replace(web, "5000, ", "", 1))
	testkit.Must(t, n.Keep(false))
	if got, closed := n.kernel.rules.Only[5000]; !closed || len(got) > 0 {
		t.Errorf("5000: %v %v", got, closed)
	}
	testkit.Must(t, n.Keep(true))
	if slices.Contains(n.kernel.rules.Ports(), 5000) {
		t.Error(n.rules())
	}
}

func TestAUserThatIsNotThereIsLetInNowhere(t *testing.T) {
	n := newNode(t)
	n.put(host.AgentRecord, "{}")
	n.instance("api", api)
	n.keep(true, "8500 only [100]", "8501 only [100]",
		"8502 only [100]", "8502 answered by [100]", "8503 only [100]", "8503 answered by [100]",
		"9002 only [100]", "9002 answered by []", "19002 only []", "19002 answered by []")
}

func TestAUnitThatAPersonChangedGoesOnAnswering(t *testing.T) {
	for unit, left := range map[string][]int{
		"web": {5000, 5001, 8502, 8503, 19001}, "web-sidecar-proxy": {8502, 8503, 9001}, "consul": {5000, 5001, 9001, 19001},
	} {
		n := newNode(t)
		n.put(host.AgentRecord, "{}")
		n.instance("web", web, 61, 62)
		n.put("/etc/systemd/system/"+unit+".service.d/user.conf", "[Service]\nUser=shop\n")
		testkit.Must(t, n.Keep(true))
		if got := slices.Sorted(maps.Keys(n.kernel.rules.Answer)); !slices.Equal(got, left) {
			t.Errorf("%s: %v", unit, got)
		}
		if only := n.kernel.rules.Only[9001]; !slices.Equal(only, fence.UIDs{61, 62, 100}) {
			t.Errorf("%s: %v", unit, only)
		}
	}
}

func TestTheAgentsAPIStaysClosedAfterTheLastInstance(t *testing.T) {
	n := newNode(t)
	n.put(host.AgentRecord, "{}")
	n.keep(true) // nothing ran here yet
	n.instance("web", web, 61, 62)
	testkit.Must(t, n.Keep(true))
	testkit.Must(t, n.Host.Remove(fence.Path("web")))
	testkit.Must(t, n.Host.Remove("/opt/gatehouse/instances/web"))
	n.keep(true, "8500 only [100]", "8501 only [100]")
	n.kernel.rules = fence.NoRules() // a firewall starts again
	n.keep(true, "8500 only [100]", "8501 only [100]")
	testkit.Must(t, n.Host.Remove(host.AgentRecord))
	n.keep(true)
}

func TestNothingIsLeftAfterTheLastInstanceAtAnotherPersonsAgent(t *testing.T) {
	n := newNode(t)
	n.instance("web", web, 61, 62)
	testkit.Must(t, n.Keep(true))
	testkit.Must(t, n.Host.Remove(fence.Path("web")))
	n.keep(false)
}

func TestAFileThatCannotBeReadChangesNothing(t *testing.T) {
	n := newNode(t)
	n.instance("web", web, 61, 62)
	testkit.Must(t, n.Keep(true))
	before := n.rules()
	n.put(fence.Path("web"), "{")
	testkit.Refused(t, n.Keep(true), fence.Path("web"))
	if n.rules() != before {
		t.Error(n.rules())
	}
}

func TestUsersOfUnitsAndOfTheNode(t *testing.T) {
	root := testkit.Folder(t)
	users := filepath.Join(root, "/run/systemd/dynamic-uid")
	testkit.Must(t, os.MkdirAll(users, 0o755))
	testkit.Must(t, os.Symlink("61234", filepath.Join(users, "direct:gatehouse-web")))
	keeper := fence.New(&host.Host{Root: root})
	for name, want := range map[string]uint32{"gatehouse-web": 61234, "nobody": 65534} {
		if uid, known := keeper.UID(name); !known || uid != want {
			t.Errorf("%s: %d %v", name, uid, known)
		}
	}
	if _, known := keeper.UID("gatehouse-api"); known {
		t.Error("there is no such user")
	}
}

func TestTheRulesAreComparedWithThoseThatAreNeeded(t *testing.T) {
	n := newNode(t)
	n.instance("web", web, 61, 62)
	n.instance("api", api, 71, 72)
	testkit.Must(t, n.Keep(true))
	differ := func(name string, open, closed []int) {
		t.Helper()
		if gotOpen, gotClosed, err := n.Compare(); err != nil || !slices.Equal(gotOpen, open) || !slices.Equal(gotClosed, closed) {
			t.Errorf("%s: %v %v %v", name, gotOpen, gotClosed, err)
		}
	}
	differ("as they are made", nil, nil)
	delete(n.users, "gatehouse-web")
	differ("a unit that does not run just now", nil, nil)
	n.users["gatehouse-web"] = 63
	differ("another user", []int{8500, 8501, 8502, 8503, 9002}, []int{5000, 5001})
	n.users["gatehouse-web"] = 62
	n.kernel.rules.Only[7] = fence.UIDs{}
	differ("a port of nothing", nil, []int{7})
	testkit.Must(t, n.Keep(true))
	n.put(host.AgentRecord, "{}")
	differ("an agent that is Gatehouse's now", []int{8500, 8501, 8502, 8503, 9001, 9002}, nil)
	testkit.Must(t, n.Keep(true))
	testkit.Must(t, n.Host.Remove(host.AgentRecord))
	differ("an agent that is another person's now", nil, []int{8500, 8501, 8502, 8503, 9001, 9002})
	n.put(host.AgentRecord, "{}")
	testkit.Must(t, n.Keep(true))
	dropIn := "/etc/systemd/system/web.service.d/nice.conf"
	n.put(dropIn, "[Service]\nNice=5\n")
	differ("a drop-in since the unit started", nil, nil)
	testkit.Must(t, n.Host.Remove(dropIn))
	delete(n.kernel.rules.Answer, 8502)
	differ("anybody may answer", []int{8502}, nil)
	n.kernel.rules.Answer[8502] = fence.UIDs{}
	n.kernel.rules.Answer[9] = fence.UIDs{}
	differ("no user may answer", nil, []int{8502, 9})
	testkit.Must(t, n.Host.Remove(host.AgentRecord))
	n.kernel.rules = fence.Rules{}
	differ("no rules", []int{5000, 5001, 8500, 8501, 8502, 8503, 9001, 9002, 19001, 19002}, nil)
}

func TestAtAnotherPersonsAgentAUserOfTheNodeIsNotRefused(t *testing.T) {
	n := newNode(t)
	n.users["www-data"] = 33
	n.instance("web", strings.Replace(web, "gatehouse-web\"", "www-data\"", 1), 61)
	n.instance("api", api, 71, 72)
	n.keep(true,
		"5000 only [33]", "5000 answered by [61]", "5001 only [33]", "5001 answered by [61]",
		"8500 not [61 71 72]", "8501 not [61 71 72]", "8502 not [72]", "8503 not [72]",
		"9001 not [71 72]", "9002 not [61]", "19001 only [61]", "19001 answered by [61]", "19002 only [71]", "19002 answered by [71]")
}

func TestAServiceWithoutAPortHasItsUpstreamsFencedOrNothing(t *testing.T) {
	n := newNode(t)
	n.put("/opt/gatehouse/agent.json", "{}")
	n.instance("web", `{"envoy": "gatehouse-web_sidecar", "service": "gatehouse-web", "adminPort": 19001, "upstreams": [5000]}`, 101, 102)
	n.instance("api", `{"service": "gatehouse-api"}`, 0, 104)
	testkit.Must(t, n.Keep(true))
	if rules := n.rules(); strings.HasPrefix(rules, "0 ") || !strings.Contains(rules, "5000 only [102]") || !strings.Contains(rules, "19001 only [101]") {
		t.Errorf("%s", rules)
	}
	if rules := n.rules(); !strings.Contains(rules, "8500 only [100]") || !strings.Contains(rules, "8502 only [100 101]") {
		t.Errorf("the agent is not fenced from a service that has no Envoy: %s", rules)
	}
}
