package look

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/mark"
	"gatehouse/node/testkit"
)

// Meshes on record, and owners of instances of this version and of earlier ones.
var wanted = map[string]string{
	"none":                   "agentmesh",
	"an earlier version":     "agentmesh\t\ninstance\tweb\tshop\nmesh\tshop\tearlier",
	"a much earlier version": "agentmesh\nmesh\tshop\tearlier",
	// A claimed name has no release; an instance without a mark on its unit belongs to no mesh.
	"several": "agentmesh\t\nbinary\tabc\ninstance\tby-hand\t\ninstance\tdefined\tstock\ninstance\trecorded\tstock\n" +
		"instance\treleased\tstock\ninstance\trunning\tstock\nmesh\tshop\nmesh\tstock\nrolledback\trecorded",
}

func TestRecordsNameMeshesAndTheOwnersOfInstances(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"none": {host.NodeEnv: ""},
		"an earlier version": {
			host.NodeFile: "{\n  \"mesh\": \"shop\",\n  \"node\": \"w1\"\n}\n",
			host.Instances + "/web/current/instance.conf": "NAME='web'\n",
			host.UnitDir + "/web.service":                 mark.Written + ".\n[Unit]\nDescription=web, a service of mesh shop\n",
		},
		"a much earlier version": {"/opt/gatehouse/node.conf": "MESH='shop'\nNODE='w1'\n"},
		"several": {
			host.NodeFile:                                      host.EarlierRecord(2),
			host.RecordFile("shop"):                            `{"mesh": "shop"}`,
			host.RecordFile("stock"):                           `{"mesh": "stock"}`,
			host.Instances + "/recorded/history.json":          "{\n  \"mesh\": \"stock\",\n  \"node\": \"w1\"\n}\n",
			host.Instances + "/recorded/current/instance.json": "{\n  \"mesh\": \"shop\"\n}\n",
			host.Instances + "/released/current/instance.json": "{\n  \"mesh\": \"stock\",\n  \"name\": \"released\"\n}\n",
			host.Instances + "/defined/current/x":              "",
			host.ConsulDir + "/defined.hcl":                    mark.Written + ".\nservice {\n  meta = {\n    gatehouse-mesh = \"stock\"\n  }\n}\n",
			host.Instances + "/running/current/x":              "",
			host.UnitDir + "/running-sidecar-proxy.service":    mark.Written + ".\n[Unit]\nDescription=Envoy sidecar of running, mesh stock\n",
			host.Instances + "/by-hand/current/x":              "",
			host.UnitDir + "/by-hand.service":                  "[Unit]\nDescription=by-hand, a service of mesh stock\n",
			host.Instances + "/claimed/history.json":           `{"mesh": "stock"}`,
			host.Instances + "/recorded/rolled-back":           "1",
			host.Binaries + "/abc/web":                         "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := &host.Host{Root: testkit.Folder(t), Unowned: true}
			for path, text := range files {
				testkit.Put(t, h.Root, path, text)
			}
			l := &looker{Node: Node{Host: h}}
			l.records(context.Background())
			printed := strings.Split(strings.TrimSpace(l.out.String()), "\n")
			slices.Sort(printed)
			if got := strings.Join(printed, "\n"); got != wanted[name] {
				t.Errorf("%q: %q,", name, got)
			}
		})
	}
}
