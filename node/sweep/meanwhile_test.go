package sweep_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/instance/fake"
	"gatehouse/node/sweep"
	"gatehouse/node/testkit"
)

func TestAMeshThatArrivesDuringAWipeStays(t *testing.T) {
	n := used(t)
	arrives := func(change string) error {
		if change != "lock setup" {
			return nil
		}
		arm(n, nil)
		n.Put(host.RecordFile("stock"), `{"mesh": "stock", "node": "worker1", "role": "worker"}`)
		n.Put(host.ProgramOf("stock"), "stock")
		testkit.Must(t, instance.Claim(context.Background(), n.Host, stock, "store"))
		n.Put(instance.TokenFile("store"), "token")
		n.Put(instance.Incoming("stock")+"/just-uploaded", "program")
		return nil
	}
	n.Put(host.Binaries+"/given-up/web", "program")
	n.Put(host.UnitDir+"/left.service", unit("left, a service of mesh shop"))
	arm(n, arrives)
	testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil))
	testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
	there(t, n, host.RecordFile("stock"), host.ProgramOf("stock"), instance.Home("store"), instance.TokenFile("store"),
		instance.Incoming("stock")+"/just-uploaded", "/etc/systemd/system/gatehouse-drain.service", host.MeshFile)
	gone(t, n, host.RecordFile("shop"), "/etc/systemd/system/web.service", instance.Home("web"), host.UnitDir+"/left.service", host.Binaries+"/given-up")
}

func TestAMeshThatArrivesDuringASweepKeepsItsUploads(t *testing.T) {
	n := used(t)
	arm(n, func(change string) error {
		if change == "lock binaries" {
			arm(n, nil)
			n.Put(host.ProgramOf("stock"), "stock")
			n.Put(instance.Incoming("stock")+"/just-uploaded", "program")
		}
		return nil
	})
	testkit.Must(t, run(n, declaring("front")))
	there(t, n, instance.Incoming("stock")+"/just-uploaded")
}

func TestAMeshWhoseRecordAndProgramAreLostKeepsItsInstances(t *testing.T) {
	for _, remove := range []bool{true, false} {
		n := shared(t)
		before := stocks(n)
		testkit.Must(t, n.Host.Remove(host.RecordFile("stock")))
		testkit.Must(t, n.Host.Remove("/opt/gatehouse/bin/stock"))
		if remove {
			testkit.Must(t, wipe(n, document.Wipe{Owner: fake.Owner, OnDestroy: true}, nil))
			testkit.Must(t, sweep.Uninstall(n.Host, fake.Owner))
		} else {
			testkit.Must(t, run(n, declaring()))
		}
		isOf := func(line string) bool {
			return !strings.Contains(line, host.RecordFile("stock")) && !strings.Contains(line, "/opt/gatehouse/bin") && !strings.Contains(line, "secrets/_agent.stock")
		}
		if was, is := lines(before, isOf), lines(stocks(n), isOf); was != is {
			t.Error(testkit.Difference(was, is))
		}
		there(t, n, "/etc/systemd/system/gatehouse-drain.service")
	}
}

func lines(text string, which func(line string) bool) string {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		if which(line) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
