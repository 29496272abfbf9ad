package hold_test

import (
	"net"
	"testing"

	"gatehouse/node/hold"
)

func TestAPortThatMovedLeadsToTheNewOne(t *testing.T) {
	// GIVEN a server, and a port where nothing listens any more
	ownNetwork(t)
	port := echo(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	moved := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	// WHEN it is redirected
	kernel := hold.Kernel{}
	if err := kernel.Redirect("web", map[int]int{moved: port}); err != nil {
		t.Fatal(err)
	}
	// THEN who calls it is served by the other one
	if connection, err := connect(moved, moment); err != nil || !answers(connection) {
		t.Errorf("the port that moved: %v", err)
	}
	// AND also while a hold was opened
	if err := kernel.Hold("web", []int{port}); err != nil {
		t.Fatal(err)
	}
	kernel.Open("web")
	if _, err := connect(port, moment); err != nil {
		t.Errorf("the port itself: %v", err)
	}
	// AND after the release nothing listens there
	kernel.Release("web")
	if _, err := connect(moved, moment); err == nil {
		t.Error("it still leads somewhere")
	}
}
