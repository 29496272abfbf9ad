package sweep_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/node/fence"
	"gatehouse/node/instance/fake"
	"gatehouse/node/testkit"
	"gatehouse/node/undo"
)

func TestTheSweepFreesPortsAndRemovesFencesOfNothing(t *testing.T) {
	n := fake.New(t)
	testkit.Must(t, n.Apply(context.Background(), fake.Service("web", "r1"), nil))
	before := n.Fences.Ports()
	// GIVEN what a killed run left
	left := fake.Service("api", "r1")
	for _, file := range left.Files {
		if file.Path == fence.Path("api") {
			n.Put(file.Path, strings.ReplaceAll(file.Content, "9001", "9099"))
			n.Put(undo.Kept(file.Path), file.Content)
		}
	}
	testkit.Must(t, n.Fences.Keep(false))
	if !slices.Contains(n.Fences.Ports(), 9099) {
		t.Fatal(n.Fences.Ports())
	}
	// WHEN the sweep runs
	testkit.Must(t, run(n, declaring("web")))
	// THEN there is the fence of what is declared
	if !slices.Equal(n.Fences.Ports(), before) {
		t.Errorf("%v, before %v", n.Fences.Ports(), before)
	}
	gone(t, n, fence.Path("api"), undo.Kept(fence.Path("api")))
	there(t, n, fence.Path("web"))
}
