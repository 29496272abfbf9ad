package agent_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"gatehouse/node/agent"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

// withWorker is a node with an agent that was set up.
func withWorker(t *testing.T) *node {
	n := newNode(t)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	n.units.Forget()
	n.out.Reset()
	return n
}

func withServer(t *testing.T) *node {
	n := newNode(t)
	n.arrive("agent", serverSecrets())
	testkit.Must(t, n.setup(serverDocument()))
	n.units.Forget()
	n.out.Reset()
	return n
}

func expectFiles(t *testing.T, n *node, files map[string]struct {
	mode os.FileMode
	text string
}) {
	t.Helper()
	for path, want := range files {
		info, err := os.Stat(n.h.Path(path))
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode().Perm() != want.mode || n.read(path) != want.text {
			t.Errorf("%s: %v %q", path, info.Mode(), n.read(path))
		}
	}
}

type files = map[string]struct {
	mode os.FileMode
	text string
}

func TestWorker(t *testing.T) {
	n := newNode(t)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	expectFiles(t, n, files{
		configuration:                          {0o644, written + "datacenter = \"dc1\"\n"},
		host.UnitDir + "/consul.service":       {0o644, written + "[Service]\n"},
		"/etc/consul.d/tls/ca.pem":             {0o644, "authority\n"},
		"/etc/consul.d/tls/xds-ca.pem":         {0o644, "xds ca\n"},
		"/etc/consul.d/tls/xds.pem":            {0o644, "xds\n"},
		"/etc/consul.d/tls/xds-key.pem":        {0o640, "xds key\n"},
		"/opt/gatehouse/secrets/_agent.token":  {0o600, "token\n"},
		"/opt/gatehouse/agent.json":            {0o644, "{\n  \"mesh\": \"shop\",\n  \"role\": \"worker\",\n  \"addedUser\": true\n}\n"},
		"/etc/consul.d/gatehouse-secrets.json": {0o640, "{\n  \"encrypt\": \"gossip\",\n  \"acl\": {\n    \"tokens\": {\n      \"agent\": \"token\"\n    }\n  }\n}\n"},
	})
	if state := n.units.State(); state != "consul.service active enabled" {
		t.Errorf("units: %s", state)
	}
	if !n.users["consul"] || n.h.Exists(host.Arriving+"/shop/agent.json") {
		t.Errorf("users %v, secrets left: %t", n.users, n.h.Exists(host.Arriving+"/shop/agent.json"))
	}
	if got := n.out.String(); got != "gatehouse: Consul's agent on worker1 runs and sees a leader\n" {
		t.Errorf("output: %s", got)
	}
	if strings.Contains(n.state(), "gatehouse-before") {
		t.Error("something of the transaction is left")
	}
}

func TestServer(t *testing.T) {
	n := withServer(t)
	expectFiles(t, n, files{
		"/etc/consul.d/tls/server.pem":         {0o644, "certificate\n"},
		"/etc/consul.d/tls/server-key.pem":     {0o640, "private\n"},
		"/etc/consul.d/gatehouse-secrets.json": {0o640, "{\n  \"encrypt\": \"gossip\",\n  \"acl\": {\n    \"tokens\": {\n      \"initial_management\": \"management\"\n    }\n  }\n}\n"},
	})
	if n.h.Exists("/etc/consul.d/tls/xds.pem") {
		t.Error("a server has no certificate for Envoys")
	}
}

func TestChangesRestartOrReloadTheProcess(t *testing.T) {
	for name, one := range map[string]struct {
		change func(doc *document.Agent, secrets map[string]string)
		calls  string
	}{
		"nothing new": {func(*document.Agent, map[string]string) {}, ""},
		"a certificate": {func(_ *document.Agent, secrets map[string]string) { secrets["ca"] = "another\n" },
			"reload consul.service"},
		"a token": {func(_ *document.Agent, secrets map[string]string) { secrets["agentToken"] = "another" },
			"reload consul.service"},
		"a gossip key": {func(_ *document.Agent, secrets map[string]string) { secrets["gossipKey"] = "another" },
			"restart consul.service"},
		"no gossip key": {func(_ *document.Agent, secrets map[string]string) { delete(secrets, "gossipKey") },
			"restart consul.service"},
		"a configuration": {func(doc *document.Agent, _ map[string]string) { doc.Configuration.Content = "server = false\n" },
			"restart consul.service"},
		"a unit": {func(doc *document.Agent, _ map[string]string) { doc.Unit.Content = "[Unit]\n" },
			"daemon-reload, restart consul.service"},
	} {
		t.Run(name, func(t *testing.T) {
			n := withWorker(t)
			doc, secrets := workerDocument(), workerSecrets()
			one.change(&doc, secrets)
			n.arrive("agent", secrets)
			testkit.Must(t, n.setup(doc))
			if got := strings.Join(n.units.Calls(), ", "); got != one.calls {
				t.Errorf("calls: %s", got)
			}
		})
	}
}

func TestAGossipKeyThatTheAgentHasAlreadyRestartsNothing(t *testing.T) {
	for name, one := range map[string]struct {
		local, remote, calls string
	}{
		"in use":                       {`["another","gossip"]`, "", "reload consul.service"},
		"in use everywhere":            {`["another"]`, `["another","gossip"]`, "reload consul.service"},
		"known, but not in use":        {`["gossip","another"]`, "", "restart consul.service"},
		"not in use between servers":   {`["another"]`, `["gossip"]`, "restart consul.service"},
		"no keyring":                   {"", "", "restart consul.service"},
		"a keyring that is not a list": {`another`, "", "restart consul.service"},
	} {
		t.Run(name, func(t *testing.T) {
			n := withWorker(t)
			for file, text := range map[string]string{"local": one.local, "remote": one.remote} {
				if text != "" {
					n.put("/opt/consul/serf/"+file+".keyring", text, 0o600)
				}
			}
			secrets := workerSecrets()
			secrets["gossipKey"] = "another"
			n.arrive("agent", secrets)
			testkit.Must(t, n.setup(workerDocument()))
			if got := strings.Join(n.units.Calls(), ", "); got != one.calls {
				t.Errorf("calls: %s", got)
			}
			if !strings.Contains(n.read("/etc/consul.d/gatehouse-secrets.json"), `"encrypt": "another"`) {
				t.Error("the file has the earlier key")
			}
		})
	}
}

func TestEncryptionThatBeginsRestartsTheAgentWhateverAKeyringHas(t *testing.T) {
	n := newNode(t)
	plain := workerSecrets()
	delete(plain, "gossipKey")
	n.arrive("agent", plain)
	testkit.Must(t, n.setup(workerDocument()))
	n.put("/opt/consul/serf/local.keyring", `["gossip"]`, 0o600)
	n.units.Forget()
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	if got := strings.Join(n.units.Calls(), ", "); got != "restart consul.service" {
		t.Errorf("calls: %s", got)
	}
}

func TestAStoppedAgentIsStarted(t *testing.T) {
	n := withWorker(t)
	testkit.Must(t, n.units.Stop(context.Background(), "consul.service"))
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	if n.units.State() != "consul.service active enabled" {
		t.Error(n.units.State())
	}
}

func TestServersThatAreNotTheLastDoNotWaitForALeader(t *testing.T) {
	n := newNode(t)
	n.leader = ""
	doc := serverDocument()
	doc.Last = false
	n.arrive("agent", serverSecrets())
	testkit.Must(t, n.setup(doc))
	if got := n.out.String(); got != "gatehouse: Consul's server on server1 runs\n" {
		t.Errorf("output: %s", got)
	}
	// In the second run the server is not new any more.
	n.arrive("agent", serverSecrets())
	if err := n.setup(doc); err == nil || !strings.Contains(err.Error(), "saw no leader") {
		t.Errorf("error: %v", err)
	}
	// An unlocked server cannot talk to locked ones.
	doc.TLS = false
	n.arrive("agent", serverSecrets())
	testkit.Must(t, n.setup(doc))
	if n.h.Exists("/etc/consul.d/tls") {
		t.Error("certificates are left")
	}
}

func TestKeyringGoesWithGossipEncryption(t *testing.T) {
	n := withWorker(t)
	n.put("/opt/consul/serf/local.keyring", "key", 0o600)
	n.put("/opt/consul/serf/local.snapshot", "members", 0o600)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	if !n.h.Exists("/opt/consul/serf/local.keyring") {
		t.Error("the keyring is gone while it is needed")
	}
	open := workerSecrets()
	delete(open, "gossipKey")
	n.arrive("agent", open)
	testkit.Must(t, n.setup(workerDocument()))
	if got := n.h.List("/opt/consul/serf"); len(got) != 1 || got[0] != "local.snapshot" {
		t.Errorf("left: %v", got)
	}
}

func TestWithoutSecrets(t *testing.T) {
	n := withWorker(t)
	doc := workerDocument()
	doc.ACL, doc.TLS, doc.Secrets = false, false, false
	testkit.Must(t, n.setup(doc))
	for _, path := range []string{"/etc/consul.d/tls", "/etc/consul.d/gatehouse-secrets.json", "/opt/gatehouse/secrets/_agent.token"} {
		if n.h.Exists(path) {
			t.Errorf("%s is left", path)
		}
	}
	if got := strings.Join(n.units.Calls(), ", "); got != "restart consul.service" {
		t.Errorf("calls: %s", got)
	}
}

func TestAServersTokenIsKept(t *testing.T) {
	n := withServer(t)
	n.put("/opt/gatehouse/secrets/_agent.token", "own\n", 0o600)
	n.arrive("agent", serverSecrets())
	testkit.Must(t, n.setup(serverDocument()))
	if !strings.Contains(n.read("/etc/consul.d/gatehouse-secrets.json"), `"agent": "own"`) {
		t.Error(n.read("/etc/consul.d/gatehouse-secrets.json"))
	}
}

func TestAnEarlierVersionsRecord(t *testing.T) {
	n := newNode(t)
	n.users["consul"] = true
	n.put("/opt/gatehouse/agent.conf", "ROLE='worker'\nACL='yes'\nADDED_USER=yes\n", 0o644)
	n.put(configuration, "old", 0o644)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	record, there, err := agent.ReadRecord(n.h)
	if err != nil || !there || record != (agent.Record{Mesh: "shop", Role: document.Worker, AddedUser: true}) {
		t.Errorf("%+v %t %v", record, there, err)
	}
	if n.h.Exists("/opt/gatehouse/agent.conf") || n.h.Exists(host.Backups) {
		t.Error("the earlier record is left, or copies were kept of files that are ours")
	}
}

func TestCopiesOfAForeignAgentsFiles(t *testing.T) {
	n := newNode(t)
	n.users["consul"] = true
	n.put(configuration, "by hand", 0o640)
	n.put("/etc/consul.d/tls/ca.pem", "by hand", 0o644)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	folders := n.h.List(host.Backups)
	if len(folders) != 1 {
		t.Fatalf("copies: %v", folders)
	}
	for _, path := range []string{configuration, "/etc/consul.d/tls/ca.pem"} {
		if n.read(host.Backups+"/"+folders[0]+path) != "by hand" {
			t.Errorf("no copy of %s", path)
		}
	}
	if record, _, _ := agent.ReadRecord(n.h); record.AddedUser {
		t.Error("the user was there before")
	}
}

func TestAnAgentThatRunsAndIsNotOursIsLeftAsItIs(t *testing.T) {
	n := newNode(t)
	n.put(host.UnitDir+"/consul.service", "by hand\n", 0o600)
	testkit.Must(t, n.units.DaemonReload(context.Background()))
	testkit.Must(t, n.units.Start(context.Background(), "consul.service"))
	before := n.state()
	n.arrive("agent", workerSecrets())
	if err := n.setup(workerDocument()); err == nil || !strings.Contains(err.Error(), "consul.service runs, and Gatehouse did not set it up: nothing was changed") {
		t.Errorf("error: %v", err)
	}
	if after := n.state(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	// Ours, and only its record is lost.
	n = withWorker(t)
	testkit.Must(t, n.h.Remove(agent.RecordFile))
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
}

func TestAfterARunThatWasKilled(t *testing.T) {
	n := withWorker(t)
	n.put("/etc/consul.d/.consul.hcl.gatehouse-before", "older", 0o644)
	n.arrive("agent", workerSecrets())
	testkit.Must(t, n.setup(workerDocument()))
	if got := strings.Join(n.units.Calls(), ", "); got != "restart consul.service" {
		t.Errorf("calls: %s", got)
	}
	if strings.Contains(n.state(), "gatehouse-before") {
		t.Error("something of the killed run is left")
	}
}

var errFault = errors.New("a fault")
