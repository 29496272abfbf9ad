package look

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/host"
	"gatehouse/node/mark"
)

// shell is what templates/shell/preflight.sh tells of a folder instead of a node.
func shell(t *testing.T, h *host.Host) string {
	t.Helper()
	text, err := os.ReadFile("../../templates/shell/preflight.sh")
	if err != nil {
		t.Fatal(err)
	}
	program := strings.Replace(string(text), "\nmain </dev/null", "\nfiles=\nlook_at_meshes\nlook_at_files", 1)
	program = strings.NewReplacer("/opt/gatehouse", h.Path("/opt/gatehouse"), "/etc/", h.Path("/etc")+"/").Replace(program)
	command := exec.Command("bash", "-s")
	command.Stdin = strings.NewReader(program)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// Both tell the same of several meshes, with owners of instances of this version and of earlier ones.
func TestTheShellTellsTheSameOfMeshesAndInstances(t *testing.T) {
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
			h := &host.Host{Root: t.TempDir(), Unowned: true}
			for path, text := range files {
				write(t, h, path, text)
			}
			l := &looker{Node: Node{Host: h}}
			l.records(context.Background())
			told := shell(t, h)
			// The order of the lines says nothing.
			got, want := strings.Split(told, "\n"), strings.Split(l.out.String(), "\n")
			if a, b := sorted(got), sorted(want); a != b {
				t.Errorf("the shell:\n%s\nthe program:\n%s", a, b)
			}
		})
	}
}

func sorted(lines []string) string {
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
