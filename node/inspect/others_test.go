package inspect

import (
	"testing"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/mark"
)

func TestNothingOfAnotherMeshIsInTheReport(t *testing.T) {
	stock := mark.Written + ".\n[Unit]\nDescription=store, a service of mesh stock\n"
	n := node(t, map[string]string{
		host.RecordFile("shop"):                `{"mesh":"shop","node":"worker1"}`,
		host.RecordFile("stock"):               `{"mesh":"stock","node":"worker1"}`,
		host.ProgramOf("stock"):                "program",
		"/opt/gatehouse/agent.json":            `{"mesh":"stock"}`,
		consul.NodeTokenOf("stock"):            "token",
		host.Instances + "/store/history.json": `{"mesh":"stock"}`,
		host.Secrets + "/store.token":          "token",
		host.EnvDir + "/store.env":             "A=1",
		host.Fences + "/store.json":            "{}",
		host.Config + "/store/app.yaml":        "a: 1",
		host.Incoming + "/stock/abc":           "uploaded",
		host.Arriving + "/stock/tokens.json":   "{}",
		host.Binaries + "/abc/.used-by-stock":  "",
		host.Binaries + "/abc/store":           "program",
		host.UnitDir + "/store.service":        stock,
		host.UnitDir + "/left.service":         stock,
		host.ConsulDir + "/store.hcl":          mark.Written + ".\nservice {}\n",
		host.ConsulDir + "/far.hcl":            mark.Written + ".\nservice {\n  meta = {\n    gatehouse-mesh = \"stock\"\n  }\n}\n",
		host.Instances + "/web/history.json":   `{"mesh":"shop"}`,
		host.ConsulDir + "/web.hcl":            mark.Written + ".\nservice {}\n",
		host.UnitDir + "/stranger.service":     mark.Written + ".\n[Unit]\n",
		host.Binaries + "/def/.used-by-shop":   "",
		host.Secrets + "/_agent.token":         "token",
	})
	n.Agent = agent{services: []consul.Registration{{ID: "store", Service: "store", Mesh: "stock"}}}
	report := look(t, n, document.Inspection{Owner: document.Owner{Mesh: "shop", Node: "worker1"}})
	equal(t, report.Others, []string{"stock"})
	equal(t, report.Written, []string{host.UnitDir + "/stranger.service", host.ConsulDir + "/web.hcl"})
	equal(t, report.Services[0].Mesh, "stock")
	var paths []string
	for _, one := range report.Tree {
		if one.Type == "f" {
			paths = append(paths, one.Path)
		}
	}
	equal(t, paths, []string{
		host.Binaries + "/def/.used-by-shop", host.Instances + "/web/history.json", host.RecordFile("shop"), host.Secrets + "/_agent.token",
	})
	stocks := look(t, n, document.Inspection{Owner: document.Owner{Mesh: "stock", Node: "worker1"}})
	equal(t, stocks.Written, []string{
		host.UnitDir + "/left.service", host.UnitDir + "/store.service", host.UnitDir + "/stranger.service",
		host.ConsulDir + "/far.hcl", host.ConsulDir + "/store.hcl",
	})
}
