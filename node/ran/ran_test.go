package ran

import (
	"maps"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/testkit"
)

func node(t *testing.T, files map[string]string) *host.Host {
	t.Helper()
	h := &host.Host{Root: t.TempDir(), Unowned: true}
	for path, text := range files {
		testkit.Put(t, h.Root, path, text)
	}
	return h
}

func expect(t *testing.T, h *host.Host, mesh string, creations map[string]string, believed bool) {
	t.Helper()
	if have, may := Here(h, mesh); !maps.Equal(have, creations) || may != believed {
		t.Errorf("%s: got %v, believed %v; expected %v, %v", mesh, have, may, creations, believed)
	}
}

func TestAFreshNodeHasRunNothing(t *testing.T) {
	h := node(t, nil)
	expect(t, h, "shop", nil, false)
	testkit.Must(t, Record(h, "shop", "program_w1", "17"))
	testkit.Must(t, Record(h, "shop", "instance_web_w1", "18"))
	testkit.Must(t, Record(h, "shop", "instance_web_w1", "19"))
	expect(t, h, "shop", map[string]string{"program_w1": "17", "instance_web_w1": "19"}, false)
	expect(t, h, "stock", nil, false)
}

func TestWhatAnEarlierVersionDeployedIsBelieved(t *testing.T) {
	for _, files := range []map[string]string{
		{host.RecordFile("shop"): `{"mesh": "shop", "node": "w1", "role": "worker", "tls": true}`},
		{"/opt/gatehouse/agent.json": `{"mesh": "shop"}`},
	} {
		h := node(t, files)
		expect(t, h, "shop", nil, true)
		testkit.Must(t, Record(h, "shop", "program_w1", "17"))
		expect(t, h, "shop", map[string]string{"program_w1": "17"}, true)
		expect(t, h, "stock", nil, false)
	}
}

func TestAMeshThatCameAfterItsProgramIsNotAnEarlierOne(t *testing.T) {
	h := node(t, nil)
	testkit.Must(t, Record(h, "shop", "program_w1", "17"))
	testkit.Put(t, h.Root, host.RecordFile("shop"), `{"mesh": "shop"}`)
	testkit.Must(t, Record(h, "shop", "node_w1", "18"))
	expect(t, h, "shop", map[string]string{"program_w1": "17", "node_w1": "18"}, false)
}

func TestAMeshIsForgottenAlone(t *testing.T) {
	h := node(t, nil)
	testkit.Must(t, Record(h, "shop", "program_w1", "17"))
	testkit.Must(t, Record(h, "stock", "program_w1", "18"))
	testkit.Must(t, h.RemoveProgram("shop"))
	expect(t, h, "shop", nil, false)
	expect(t, h, "stock", map[string]string{"program_w1": "18"}, false)
	testkit.Must(t, h.RemoveProgram("stock"))
	if h.Exists(host.Ran) {
		t.Error("the folder is still there")
	}
}

func TestNamesThatLeaveTheFolderAreRefused(t *testing.T) {
	h := node(t, nil)
	for _, words := range [][3]string{{"../x", "a", "1"}, {"shop", "../../etc/x", "1"}, {"shop", ".earlier", "1"}, {"shop", "a", ""}} {
		if Record(h, words[0], words[1], words[2]) == nil {
			t.Errorf("accepted: %v", words)
		}
	}
}
